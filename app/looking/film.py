"""The life of a layer as a film: a frame for each epoch, as an animated GIF or WebP to take away."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.pixels import signed_colours
from model.history import Epoch

Kind = Literal["GIF", "WebP"]

WIDTH = 720  # px
MARGIN, GAP = 16, 6
TALLEST = 400  # px: the sheet of tiles
LARGEST = 40  # px: a cell's side
DIGIT = 112  # px: the digit's side
LINE = 44  # px: the rate curve's height
LETTERS, SMALL = 20, 15  # px
PAPER, INK, QUIET, FRAME = (252, 251, 248), (35, 34, 31), (102, 100, 94), (150, 150, 150)
RATE, HERE = (0, 138, 101), (213, 94, 0)  # as in the style sheets, on light paper
LAST_STANDS = 3  # times as long as the others, so that the end can be looked at


@dataclass(frozen=True, eq=False)
class Still:
    """What one frame shows.

    Args:
        record: its epoch.
        tiles: float32 (height, width, tiles), NaN where there is no cell.
        verdict: what the network reads in the digit then, short.
    """

    record: Epoch
    tiles: np.ndarray
    verdict: str


def make(
    title: str,
    stills: Sequence[Still],
    course: Sequence[Epoch],
    digit: np.ndarray,
    is_signed: bool,
    per_second: float,
    kind: Kind,
) -> bytes:
    """A film of some epochs. All frames have one scale: what grows is seen to grow.

    Args:
        title: what is shown, plain text.
        stills: one for each frame, in order; all tiles of one shape.
        course: all epochs from the first still's to the last's, in order: the rate is shown over them.
        digit: uint8 (28, 28), what the network looks at.
        is_signed: whether zero is in the middle of the scale.
        per_second: epochs a second.
        kind: the file's form.

    Returns:
        The file. It begins anew at its end.
    """
    most = max(float(np.nanmax(np.abs(still.tiles), initial=0.0)) for still in stills) or 1.0
    frames = [_frame(title, still, course, digit, is_signed, most) for still in stills]
    each = round(1000 / per_second)
    settings = {
        "save_all": True,
        "append_images": frames[1:],
        "duration": [*[each] * (len(frames) - 1), LAST_STANDS * each],
        "loop": 0,
    }
    file = io.BytesIO()
    if kind == "GIF":
        # one palette for all frames: else colours would flicker
        palette = Image.fromarray(np.concatenate([np.asarray(frame) for frame in (frames[0], frames[-1])]))
        colours = palette.quantize(255)
        frames = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
        settings["append_images"] = frames[1:]
        frames[0].save(file, "GIF", **settings)
    else:
        frames[0].save(file, "WEBP", lossless=True, method=0, **settings)
    return file.getvalue()


def _frame(
    title: str, still: Still, course: Sequence[Epoch], digit: np.ndarray, is_signed: bool, most: float
) -> Image.Image:
    left = MARGIN + DIGIT + 2 * MARGIN
    sheet = _sheet(still.tiles, WIDTH - left - MARGIN, is_signed, most)
    top = MARGIN + LETTERS + 12 + LINE + MARGIN
    height = top + max(sheet.height, DIGIT + 2 * SMALL + MARGIN) + MARGIN
    frame = Image.new("RGB", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(frame)
    record = still.record
    said = f"{title}, epoch {record.epoch}" if record.epoch else f"{title}, untrained"
    pen.text((MARGIN, MARGIN), said, INK, ImageFont.load_default(LETTERS))
    accuracy = record.validation_accuracy
    figures = f"rate {record.learning_rate:.3g}" + ("" if accuracy is None else f", {accuracy:.1%} right")
    small = ImageFont.load_default(SMALL)
    pen.text((WIDTH - MARGIN, MARGIN + 4), figures, QUIET, small, anchor="ra")
    _rates(pen, course, record, MARGIN + LETTERS + 12)
    side = Image.fromarray(digit).resize((DIGIT, DIGIT), Image.Resampling.NEAREST)
    frame.paste(side.convert("RGB"), (MARGIN, top))
    pen.multiline_text((MARGIN, top + DIGIT + 6), still.verdict.replace(", ", "\n"), INK, small)
    frame.paste(sheet, (left, top))
    return frame


def _rates(pen: ImageDraw.ImageDraw, records: Sequence[Epoch], here: Epoch, top: int) -> None:
    """The rate over the epochs, its drops, and where the frame is."""
    first, last = records[0].epoch, records[-1].epoch
    logs = np.log([max(record.learning_rate, 1e-12) for record in records])
    span = float(np.ptp(logs)) or 1.0

    def x(epoch: int) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (epoch - first) / max(1, last - first)

    heights = [top + LINE * (float(logs.max()) - float(log)) / span for log in logs]
    points = [(x(first), heights[0])]
    for before, record, height in zip(records, records[1:], heights[1:], strict=False):
        points += [(x(before.epoch), height), (x(record.epoch), height)]
        if record.watch and record.watch.reason == "dropped":
            pen.line([(x(record.epoch), top), (x(record.epoch), top + LINE)], RATE, 1)
    pen.line(points, RATE, 3)
    pen.line([(x(here.epoch), top - 4), (x(here.epoch), top + LINE + 4)], HERE, 3)


def _sheet(tiles: np.ndarray, room: int, is_signed: bool, most: float) -> Image.Image:
    """All tiles in rows, as large as there is room for them together, each in a thin frame."""
    height, width, count = tiles.shape
    for scale in range(LARGEST, 0, -1):
        high, wide = height * scale + GAP, width * scale + GAP
        columns = min(count, (room + GAP) // wide)
        rows = -(-count // max(1, columns))
        if columns and rows * high - GAP <= TALLEST:
            break
    columns = max(1, columns)  # a tile wider than the film is cut off
    sheet = np.empty((rows * high - GAP, columns * wide - GAP, 3), np.uint8)
    sheet[:] = PAPER
    for place in range(count):
        top, left = place // columns * high, place % columns * wide
        tile = tiles[..., place]
        known = np.nan_to_num(tile, nan=0.0)
        amounts = np.rint(255 * np.clip(known / most, 0, 1)).astype(np.uint8)
        colours = signed_colours(known, most) if is_signed else amounts[..., None].repeat(3, axis=2)
        colours[np.isnan(tile)] = PAPER
        large = colours.repeat(scale, 0).repeat(scale, 1)
        framed = sheet[top : top + height * scale, left : left + width * scale]
        framed[:] = large[:, : framed.shape[1]]
        if scale >= 3:  # zero is white, as paper is; a frame may cost a third of a cell, not all of it
            framed[[0, -1]] = framed[:, [0, -1]] = FRAME
    return Image.fromarray(sheet)


def of_epochs(
    records: Sequence[Epoch], tiles: Callable[[int], np.ndarray], verdict: Callable[[int], str]
) -> list[Still]:
    """The stills of some epochs.

    Args:
        records: which.
        tiles: an epoch's tiles.
        verdict: what the network reads at an epoch.
    """
    return [Still(record, tiles(record.epoch), verdict(record.epoch)) for record in records]
