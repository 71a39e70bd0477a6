"""One look for all plots: pictures that can be shared as they are, and say where nobody in them is real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from season import FILE, SIMULATED

INK, MUTED, FAINT, PAPER = "#1f2d3a", "#7d8893", "#dfe0db", "#fbfaf6"
BLUE, RED, GREEN, GOLD = "#24669b", "#c8502f", "#3f8f63", "#e3c07a"

# Pitches of a kind have colours of a kind: fastballs warm, what breaks cold, what is slow and drops green.
PITCHES = {
    "FF": "#c8352f", "SI": "#ee8f3b", "FC": "#a3552f", "FA": "#d9a7a0",
    "SL": "#2f5fa8", "ST": "#7f9fe0", "SV": "#8a6cc9", "CU": "#6a3d9a", "KC": "#a17cc4",
    "CH": "#2e8b63", "FS": "#84b83f", "KN": "#5c5c5c",
}  # fmt: skip

_FOOTNOTE = "A simulated season: invented clubs, invented players" if FILE == SIMULATED else FILE.name
_HEAD, _KEY, _FOOT = 0.85, 0.35, 0.3  # inches of a picture: what it is called, its colours, where it is from

plt.rcParams.update(
    {
        "figure.dpi": 120,
        "figure.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "savefig.pad_inches": 0.2,
        "axes.facecolor": PAPER,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.axisbelow": True,
        "grid.color": FAINT,
        "text.color": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "font.size": 10,
        "legend.frameon": False,
    }
)


def count(number: int, noun: str) -> str:
    """Return how many of a thing there are: `1 walk`, `2 walks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def in_a_line(event: str) -> str:
    """Return the name of an event as it stands within a line; what is short for something keeps its capitals."""
    return " ".join(word if word.isupper() else word.lower() for word in event.split())


def picture(
    title: str, subtitle: str, size: tuple[float, float], key: Mapping[str, str] | None = None, **subplots: Any
) -> tuple[Figure, Any]:
    """Return a figure and its axes, as `plt.subplots` does, with a head and a foot.

    `size` is in inches; `key` says in one line what the colours stand for.
    """
    figure, axes = plt.subplots(figsize=size, layout="constrained", **subplots)
    height = size[1]
    head = _HEAD + (_KEY if key else 0)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, _FOOT / height, 1, 1 - (head + _FOOT) / height), w_pad=0.1, h_pad=0.05)
    figure.text(0.01, 1, title, size=17, weight="bold", va="top")
    figure.text(0.01, 1 - 0.42 / height, subtitle, size=10.5, color=MUTED, va="top")
    if key:
        dots = [plt.Line2D([], [], marker="o", linestyle="", markersize=8, color=colour) for colour in key.values()]
        figure.legend(
            dots, list(key), loc="upper left", bbox_to_anchor=(0.005, 1 - 0.68 / height), ncols=len(key),
            handlelength=0.8, handletextpad=0.4, columnspacing=1.6, borderpad=0,
        )  # fmt: skip
    figure.text(0.99, 0, _FOOTNOTE, size=8, color=MUTED, ha="right")
    return figure, axes


def finish(axes: Axes, *, grid: str | None = None) -> None:
    """Take off the axes all that the picture does not need; `grid`: the lines of x or y that it does.

    Raises LookupError where nothing is drawn on them.
    """
    if not np.isfinite(axes.dataLim.get_points()).all():
        raise LookupError("nothing is drawn: what is asked for has no rows")
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    if grid:
        axes.grid(visible=True, axis=grid)  # type: ignore[arg-type]


def note(axes: Axes, text: str, at: tuple[Any, Any], offset: tuple[float, float], **how: Any) -> None:
    """Write beside a point, so many points (of type) to the right and up from it; be it outside of the axes."""
    axes.annotate(text, at, xytext=offset, textcoords="offset points", annotation_clip=False, **how)
