"""What was done to one digit, in words."""

from collections.abc import Iterator

from model.augmentation import Changes


def captions(changes: Changes) -> list[str]:
    """What was done to each digit, in a few words: "turned 7° left · ×1.08"; "" for nothing.

    Args:
        changes: of n digits.
    """
    return [" · ".join(_words(changes, place)) for place in range(len(changes))]


def _words(changes: Changes, place: int) -> Iterator[str]:
    if changes.mirrored[place]:
        yield "mirrored"
    if changes.upside_down[place]:
        yield "upside down"
    yield from _signed(changes.turned_degrees[place], "turned {}° {}", ("left", "right"), digits=0)
    yield from _factor(changes.enlarged[place], "")
    yield from _factor(changes.stretched[place], "width ")
    yield from _signed(changes.slanted_degrees[place], "slant {}° {}", ("right", "left"), digits=0)
    yield from _signed(changes.moved_x[place], "{} {}", ("left", "right"))
    yield from _signed(changes.moved_y[place], "{} {}", ("up", "down"))
    if changes.knots is not None and changes.knots[place].any():
        yield "elastic"
    if changes.thickened is not None:
        yield from _signed(changes.thickened[place], "{} {}", ("thinner", "thicker"))
    if changes.blurred is not None:
        yield from _signed(changes.blurred[place], "blur {}{}", ("", ""))
    if changes.contrasted is not None:
        yield from _factor(changes.contrasted[place], "contrast ")
    if changes.noise is not None:
        yield from _signed(100 * changes.noise[place].std(), "noise {}%{}", ("", ""), digits=0)
    if changes.cut is not None:
        yield from _signed(changes.cut[place, 0], "hole of {}{}", ("", ""), digits=0)


def _signed(value: float, text: str, ways: tuple[str, str], digits: int = 1) -> Iterator[str]:
    """A value with its way, in the text's two fields; nothing, where it rounds to nothing."""
    size = f"{abs(value):.{digits}f}"
    if float(size):
        yield text.format(size, ways[int(value > 0)]).strip()


def _factor(factor: float, of: str) -> Iterator[str]:
    text = f"{factor:.2f}"
    if text != "1.00":
        yield f"{of}×{text}"
