"""Learning: building and training networks with Keras. The only room that imports Keras or TensorFlow.

TensorFlow's native code writes notes to standard error while it is being imported, which no setting of its
own silences; they are held back here, and shown only if the import fails. What Python says is not touched.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # notes and warnings of later on; errors still show


@contextlib.contextmanager
def _native_notes_held() -> Iterator[None]:
    """Keep what is written to file descriptor 2 meanwhile; let it out when the import fails."""
    stderr = 2
    kept = os.dup(stderr)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), stderr)
        failed = True
        try:
            yield
            failed = False
        finally:
            os.dup2(kept, stderr)
            os.close(kept)
            if failed:
                notes.seek(0)
                sys.stderr.write(notes.read().decode(errors="replace"))


with _native_notes_held():
    import keras  # noqa: F401  (brings its backend, TensorFlow, with it)
