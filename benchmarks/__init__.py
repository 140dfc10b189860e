"""Side-by-side measurements that print ratios; run one from the repository's root, `python -m benchmarks.NAME`."""
