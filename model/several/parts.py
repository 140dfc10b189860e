"""Which pieces of ink belong to one digit, and which are no digits but marks between them.

Every length is measured by the height of the writing around a piece: a title may be written three times as
large as the table below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np

from model.several.pieces import Piece

# In heights of the writing around, unless said otherwise.
SPECK = 0.08  # of the usual outline's length: how long a speck's is at most
DUST = 0.06  # the longest side of what is not even a dot
SMALL = 0.5  # the height of what can't be a digit by itself
TINY = 0.2  # likewise, in heights of the whole page's writing
NEIGHBOURHOOD = 1.2  # how far to either side the writing around reaches
MOST_STACKED = 400  # parts: more are no writing, and comparing all pairs would take long
STACKED = 0.35  # the gap between parts above one another: the flag of a 5
ASIDE = 0.14  # the gap between a part and the digit beside it
TALLEST = 1.3  # what parts may reach together
WIDEST = 1.2
SHARED = 0.5  # of the narrower part's columns: above one another
DOT = 0.3  # the longest side of a dot
LEVEL = (0.3, 0.75)  # where a dash lies between the top and the foot of its neighbours
RULE = 2.5  # the length of a line that belongs to a table; thinner than
RULE_WIDTH = 0.12  # of its own length
# A slash is straight, leans, stands between digits, and reaches beyond them: many a 1 leans as far.
SLASH_WIDTH = 0.2  # standard deviation across by that along
SLASH_LEAN = (15.0, 55.0)  # degrees to the right of upright
SLASH_HEIGHT, SLASH_TALLEST = 1.1, 1.03  # by the mean and by the tallest of the digits beside it


def typical_height(pieces: Sequence[Piece]) -> float:
    """The height of the writing on a page, px: of half of what isn't small, without the lines of tables."""
    outlines = np.array([len(piece.outline) for piece in pieces])
    # Many specks are left of wiped rules: each counts by its outline. A table's frame doesn't count.
    most = np.sort(outlines)[::-1][1:] if len(outlines) > 1 else outlines
    usual = most[np.searchsorted(np.cumsum(most), most.sum() / 2)]
    heights = np.array([piece.box.height for piece in pieces], float)[outlines >= SPECK * usual]
    large = heights[heights >= 0.4 * np.percentile(heights, 75)]
    return float(np.median(large))


def sort_out(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Joins the parts of each digit and sets the marks aside.

    Args:
        pieces: at least one.

    Returns:
        What may be a digit, or several that touch; and the marks: dots, dashes, slashes, lines of tables.
    """
    tall = typical_height(pieces)
    rules, written = _part(pieces, lambda piece: _is_rule(piece, tall))
    written = [piece for piece in written if max(piece.box.height, piece.box.width) >= DUST * tall]
    around = {piece: _height_around(piece, written, tall) for piece in written}
    small, bodies = _part(written, lambda p: p.box.height < max(SMALL * around[p], TINY * tall))
    bodies = _stack(bodies, tall)
    marks = [*rules]
    # The nearest first: what is joined to a digit may bring the next part within its reach.
    for piece in sorted(small, key=lambda piece: -piece.box.height):
        place = _owner(piece, bodies)
        if place is None:
            marks.append(piece)
        else:
            bodies[place] = bodies[place].join(piece)
    slashes, bodies = _part(bodies, lambda piece: _is_slash(piece, bodies))
    return bodies, [*marks, *slashes]


def are_close(one: Piece, other: Piece) -> bool:
    """Whether two pieces side by side may be parts of one digit after all, by their place alone."""
    height = max(one.box.height, other.box.height)
    both = one.box.join(other.box)
    return (
        one.box.overlap_down(other.box) > 0
        and -one.box.overlap_across(other.box) <= ASIDE * height
        and both.width <= WIDEST * height
        and one.distance(other) <= ASIDE * height
    )


def _part(pieces: Sequence[Piece], is_one: Callable[[Piece], bool]) -> tuple[list[Piece], list[Piece]]:
    """Those that are one, and the others."""
    return [p for p in pieces if is_one(p)], [p for p in pieces if not is_one(p)]


def _is_rule(piece: Piece, tall: float) -> bool:
    long, thin = max(piece.box.height, piece.box.width), min(piece.box.height, piece.box.width)
    return long > RULE * tall and (thin < RULE_WIDTH * long or thin > RULE * tall)  # a line, or a frame


def _height_around(piece: Piece, pieces: Sequence[Piece], tall: float) -> float:
    """The height of the tallest piece beside this one, itself included."""
    _, y = piece.box.middle
    heights = [piece.box.height]
    for other in pieces:
        height = other.box.height
        beside = other.box.top - 0.3 * height <= y <= other.box.bottom + 0.3 * height
        near = -piece.box.overlap_across(other.box) <= NEIGHBOURHOOD * height
        if beside and near and height <= RULE * tall:
            heights.append(height)
    return max(heights)


def _stack(bodies: list[Piece], tall: float) -> list[Piece]:
    """Joins parts above one another, until none are left."""
    bodies, one, joined = list(bodies), 0, False
    while len(bodies) <= MOST_STACKED and one < len(bodies):
        other = one + 1
        while other < len(bodies):
            if _is_stacked(bodies[one], bodies[other], tall):
                bodies[one] = bodies[one].join(bodies.pop(other))
                joined = True
            else:
                other += 1
        one += 1
        if one == len(bodies) and joined:  # what has grown may reach one that stood before it
            one, joined = 0, False
    return bodies


def _is_stacked(one: Piece, other: Piece, tall: float) -> bool:
    height = max(one.box.height, other.box.height, tall)
    shared = one.box.overlap_across(other.box) / min(one.box.width, other.box.width)
    return (
        shared >= SHARED
        and -one.box.overlap_down(other.box) <= STACKED * height
        and one.box.join(other.box).height <= TALLEST * height
        and one.distance(other) <= STACKED * height
    )


def _owner(piece: Piece, bodies: Sequence[Piece]) -> int | None:
    """The place of the digit that a small piece is a part of; None for a mark."""
    found = []
    for place, body in enumerate(bodies):
        height = max(body.box.height, 1)
        both = piece.box.join(body.box)
        if both.height > TALLEST * height or both.width > max(WIDEST * height, 1.1 * body.box.width):
            continue
        above = piece.box.overlap_across(body.box) >= SHARED * piece.box.width
        if not above and _stands_alone(piece, body):
            continue
        apart = piece.distance(body)
        if apart <= (STACKED if above else ASIDE) * height:
            found.append((apart, place))
    return min(found)[1] if found else None


def _stands_alone(piece: Piece, body: Piece) -> bool:
    """Whether what lies beside a digit is a dot or a dash."""
    if max(piece.box.height, piece.box.width) <= DOT * body.box.height:
        return True
    level = (piece.box.middle[1] - body.box.top) / body.box.height
    return piece.box.width > piece.box.height and LEVEL[0] <= level <= LEVEL[1]


def _is_slash(piece: Piece, bodies: Sequence[Piece]) -> bool:
    along, across, lean = piece.spread
    if across > SLASH_WIDTH * along or not SLASH_LEAN[0] <= lean <= SLASH_LEAN[1]:
        return False
    beside = [
        other.box
        for other in bodies
        if other is not piece
        and other.box.overlap_down(piece.box) > 0
        and -other.box.overlap_across(piece.box) <= NEIGHBOURHOOD * piece.box.height
    ]
    sides = {box.middle[0] < piece.box.middle[0] for box in beside}
    heights = [box.height for box in beside]
    return len(sides) == 2 and piece.box.height >= max(
        SLASH_HEIGHT * fmean(heights), SLASH_TALLEST * max(heights)
    )
