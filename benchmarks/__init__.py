"""Side-by-side measurements; run one from the repository's root with `python -m benchmarks.NAME`."""
