"""Many small pictures as one: digits in a grid, and the maps or kernels of a layer on one scale."""

import numpy as np

from app.pixels import signed_colours, to_uri

FRAME = (150, 150, 150, 255)  # zero is white, as paper is: a map needs an edge


def of_digits(digits: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Digits in a grid, row by row.

    Args:
        digits: uint8 (n, 28, 28), n ≥ 1.
        columns: digits in a row.
        gap: transparent px between them.

    Returns:
        uint8 (height, width, 4).
    """
    tiles = np.concatenate([digits[..., None].repeat(3, -1), np.full((*digits.shape, 1), 255, np.uint8)], -1)
    return _grid(tiles, columns, gap)


def of_maps(
    maps: np.ndarray, columns: int, signed: bool, most: float | None = None, scale: int = 1, gap: int = 2
) -> np.ndarray:
    """Maps or kernels in a grid, all on one scale.

    Args:
        maps: float (height, width, n), n ≥ 1.
        columns: maps in a row.
        signed: whether to draw them in the diverging scale around zero; else as grey, zero black.
        most: the value that gets the fullest colour; None for the largest there is.
        scale: px for each cell.
        gap: transparent px between maps.

    Returns:
        uint8 (height, width, 4).
    """
    most = (float(np.abs(maps).max()) if most is None else most) or 1.0
    cells = np.moveaxis(maps, -1, 0)  # (n, height, width)
    if signed:
        colours = signed_colours(cells, most)
    else:
        colours = np.rint(np.clip(cells / most, 0, 1) * 255).astype(np.uint8)[..., None].repeat(3, -1)
    tiles = np.concatenate([colours, np.full((*colours.shape[:3], 1), 255, np.uint8)], -1)
    tiles = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    if signed and scale > 1:
        for edge in (tiles[:, 0], tiles[:, -1], tiles[:, :, 0], tiles[:, :, -1]):
            edge[...] = FRAME
    return _grid(tiles, columns, gap)


def as_source(picture: np.ndarray) -> str:
    """A mosaic as the source of an `<img>`, at its own size: shrunk, its pictures would melt together."""
    return to_uri(picture, max(picture.shape))


def _grid(tiles: np.ndarray, columns: int, gap: int) -> np.ndarray:
    """Tiles (n, height, width, 4) row by row in one picture."""
    count, height, width, _ = tiles.shape
    rows = -(-count // columns)
    columns = min(columns, count)
    picture = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        picture[top : top + height, left : left + width] = tile
    return picture
