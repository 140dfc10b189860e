"""MNIST's own file format, IDX: a magic number, the sizes, then the bytes.

The format is described at the foot of http://yann.lecun.com/exdb/mnist/ (LeCun, Cortes, Burges): two zero
bytes, a byte for the type (8: unsigned byte), a byte for the number of dimensions, each size as a big-endian
32-bit integer, then the values, the last dimension running fastest.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from model.datasets.digits import DataError

GZIP_MAGIC = b"\x1f\x8b"
LARGEST_BYTES = 1 << 28  # five times MNIST's largest; a damaged header may promise more than memory holds
MAGIC = {1: 0x00000801, 3: 0x00000803}  # by number of dimensions: a file of labels, a file of images


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read one IDX file of unsigned bytes, gzipped or not (its first bytes say which, not its name).

    Args:
        path: the file.
        dimensions: 3 for images, 1 for labels.

    Returns:
        uint8, with as many dimensions as asked for; read-only.

    Raises:
        DataError: the file is missing, empty, truncated, too long, badly compressed, or of another kind.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == GZIP_MAGIC
        with gzip.open(path, "rb") if zipped else path.open("rb") as stream:
            return _read(path, stream, dimensions)  # type: ignore[arg-type]
    except EOFError as error:
        raise DataError(
            path, "the gzip file is truncated: it ends before its end mark. Fetch it again"
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(path, f"the gzip file is damaged ({error}). Fetch it again") from error
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from error


def _read(path: Path, stream: BinaryIO, dimensions: int) -> np.ndarray:
    head = stream.read(4 + 4 * dimensions)
    if not head:
        raise DataError(path, "the file is empty")
    if len(head) >= 4 and (magic := int.from_bytes(head[:4], "big")) != MAGIC[dimensions]:
        kind = "images" if dimensions == 3 else "labels"
        right = f"an IDX file of {kind} starts with 0x{MAGIC[dimensions]:08x}"
        raise DataError(path, f"wrong magic number 0x{magic:08x}; {right}")
    if len(head) < 4 + 4 * dimensions:
        raise DataError(path, f"truncated: {len(head)} bytes, not even a whole header")
    shape = struct.unpack(f">{dimensions}I", head[4:])
    size = math.prod(shape)
    if size > LARGEST_BYTES:
        raise DataError(path, f"its header promises {size:,} values, more than any such file holds")
    body = stream.read(size + 1)  # one more than there should be, to notice a file that is too long
    if len(body) < size:
        raise DataError(path, f"truncated: its header promises {size:,} values, it holds {len(body):,}")
    if len(body) > size:
        raise DataError(path, f"too long: it holds more than the {size:,} values that its header promises")
    return np.frombuffer(body, np.uint8).reshape(shape)
