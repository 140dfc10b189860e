"""Runs Streamlit's command line in a process that can be asked what it has imported.

`python -P benchmarks/asked_server.py ANSWERS run ...` does what `streamlit run ...` does. Besides, each line
that arrives on its standard input makes it write the names in its `sys.modules` to the file ANSWERS, as JSON.
So the law that the dashboard's process never imports TensorFlow is asked of the real, running server, and
the dashboard itself needs no door for it.
"""

import json
import sys
import threading
from pathlib import Path

from streamlit.web.cli import main


def answer(answers: Path) -> None:
    """Writes the loaded modules' names to `answers` for every line read, until the input ends."""
    for _ in sys.stdin:
        draft = answers.with_suffix(".draft")
        draft.write_text(json.dumps(sorted(sys.modules)), encoding="utf-8")
        draft.replace(answers)


if __name__ == "__main__":
    threading.Thread(target=answer, args=(Path(sys.argv[1]),), daemon=True).start()
    sys.argv = ["streamlit", *sys.argv[2:]]
    main()
