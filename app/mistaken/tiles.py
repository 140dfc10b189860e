"""Digits to choose from, as one picture behind many buttons."""

import html
from collections.abc import Sequence

import numpy as np

from app import mosaic

COLUMNS = 10  # of the picture that travels; on the screen there are as many in a row as there is room for


def tiles(
    images: np.ndarray,
    places: Sequence[int],
    said: Sequence[str],
    captions: Sequence[str] = (),
    chosen: int | None = None,
) -> str:
    """Digits as buttons; what `app.choices` tells of one is its place.

    Args:
        images: uint8 (n, 28, 28), n ≥ 1.
        places: of each its place among all.
        said: of each what it is, for who can't see it; plain text.
        captions: of each what stands below it; none for nothing.
        chosen: the place of the one that is chosen.
    """
    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    source = mosaic.as_source(mosaic.of_digits(images, columns, gap=0))
    buttons = []
    for number, (place, text) in enumerate(zip(places, said, strict=True)):
        row, column = divmod(number, columns)
        words = html.escape(text)
        caption = f"<span>{html.escape(captions[number])}</span>" if captions else ""
        buttons.append(
            f'<button type="button" tabindex="-1" data-choice="{place}" aria-label="{words}"'
            f' title="{words}" aria-pressed="{"true" if place == chosen else "false"}">'
            f'<i style="--x:{column};--y:{row}"></i>{caption}</button>'
        )
    return (
        f'<div class="lab-picks" style="--columns:{columns};--rows:{rows};--sheet:url({source})">'
        f"{''.join(buttons)}</div>"
    )
