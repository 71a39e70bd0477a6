"""Numbers as box scores print them: rates are strings, with sentinels where nothing was divided."""

from __future__ import annotations


def share(part: float, whole: float, empty: str = ".---") -> str:
    """Return a fraction in three digits: '.250', '1.000'."""
    if whole <= 0:
        return empty
    text = f"{part / whole:.3f}"
    return text[1:] if text.startswith("0") else text


def strike_share(strikes: int, pitches: int) -> str:
    """Return strikePercentage, which has only two digits that count: '.670'."""
    return share(round(strikes / pitches, 2), 1) if pitches else "-.--"


def ratio(part: float, whole: float, empty: str = "-.--") -> str:
    """Return a ratio in two digits: '4.15'."""
    return f"{part / whole:.2f}" if whole > 0 else empty


def innings(outs: int) -> str:
    """Return innings in thirds: '6.2'."""
    return f"{outs // 3}.{outs % 3}"
