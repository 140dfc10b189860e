"""Numbers as they stand in formulas: three digits that count, signs where terms follow one another."""

from collections.abc import Sequence


def number(value: float, signs: bool = False) -> str:
    r"""A number in LaTeX, with three digits that count: "0.0312", "-4.10", "5.1 \cdot 10^{-7}".

    Args:
        value: any finite number; others are written as a word.
        signs: whether it follows something, so that its sign stands apart: "+ 0.03", "- 4.10".
    """
    text = plain(abs(value))
    if "e" in text:
        digits, _, power = text.partition("e")
        text = rf"{digits} \cdot 10^{{{int(power)}}}"
    is_negative = value < 0 and text != "0"
    if signs:
        return f"- {text}" if is_negative else f"+ {text}"
    return f"-{text}" if is_negative else text


def plain(value: float) -> str:
    """A number as text, with three digits that count: "0.0312", "−4.10", "1.2e-07", "12,345"."""
    size = abs(value)
    if not size:
        return "0"
    if not size < float("inf"):
        return "∞" if size == float("inf") else "no number"
    if size < 1e-4:
        text = f"{size:.1e}"
    elif size >= 1e6:
        text = f"{size:.2e}".replace("e+0", "e").replace("e+", "e")
    elif size >= 100:
        text = f"{size:,.0f}"
    elif size >= 10:
        text = f"{size:.1f}"
    elif size >= 0.995:
        text = f"{size:.2f}"
    else:
        text = f"{size:.3g}" if size < 0.1 else f"{size:.3f}"
    return f"−{text}" if value < 0 else text


def in_brackets(value: float) -> str:
    r"""A factor in LaTeX: a negative one in brackets, "(-0.31)"."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def shortened(terms: Sequence[str], most: int, between: str = r"\dots") -> list[str]:
    """Terms in a row, those in the middle left out where there are more than `most`."""
    if len(terms) <= most:
        return list(terms)
    head = most - most // 2
    return [*terms[:head], between, *terms[len(terms) - most // 2 :]]
