"""Numbers as they stand in formulas: three digits that count, signs where terms follow one another."""

import math
from collections.abc import Sequence

SMALL, LARGE = 1e-4, 1e6  # beyond these a power of ten is written
NEAR = 0.005  # a number this near to 1 gets as many digits as tell it from 1,
MOST_DECIMALS = 12  # but no more than these: closer it is 1
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _digits(size: float) -> tuple[str, int]:
    """A number of at least 0 as digits and the power of ten that they are times."""
    if not size:
        return "0", 0
    if size < SMALL or size >= LARGE:
        text, _, power = f"{size:.1e}".partition("e")
        return text, int(power)
    apart = abs(1 - size)
    if 0 < apart < NEAR:
        decimals = math.ceil(-math.log10(apart)) + 1
        return f"{size:.{decimals if decimals <= MOST_DECIMALS else 2}f}", 0
    if size >= 100:
        return f"{size:,.0f}", 0
    if size >= 10:
        return f"{size:.1f}", 0
    if size >= 1:
        return f"{size:.2f}", 0
    return (f"{size:.3f}" if size >= 0.1 else f"{size:.3g}"), 0


def plain(value: float) -> str:
    """A number as text: "0.0312", "−4.10", "1.2·10⁻⁷", "12,345", "0.99996"; "no number" for what is none.

    Args:
        value: any number.
    """
    if not math.isfinite(value):
        return "no number" if math.isnan(value) else "∞" if value > 0 else "−∞"
    text, power = _digits(abs(value))
    if power:
        text = f"{text}·10{str(power).translate(_RAISED)}"
    return f"−{text}" if value < 0 else text


def number(value: float, signs: bool = False) -> str:
    r"""A number in LaTeX: "0.0312", "-4.10", "5.1 \cdot 10^{-7}".

    Args:
        value: any finite number.
        signs: whether it follows something, so that its sign stands apart: "+ 0.03", "- 4.10".
    """
    text, power = _digits(abs(value))
    text = text.replace(",", "{,}")
    if power:
        text = rf"{text} \cdot 10^{{{power}}}"
    if signs:
        return f"{'-' if value < 0 else '+'} {text}"
    return f"-{text}" if value < 0 else text


def in_brackets(value: float) -> str:
    r"""A factor in LaTeX: a negative one in brackets, "(-0.31)"."""
    text = number(value)
    return f"({text})" if value < 0 else text


def shortened(terms: Sequence[str], most: int, between: str = r"\dots") -> list[str]:
    """Terms in a row, those in the middle left out where there are more than `most`."""
    if len(terms) <= most:
        return list(terms)
    head = most - most // 2
    return [*terms[:head], between, *terms[len(terms) - most // 2 :]]
