"""How pictures of credits look: colours, hatches and marks that hold in light, in dark and in a grey print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from mh_notebook.views.wording import cut, type_text

# Between white and near-black, of three greys that can be told apart: 3:1 and more against either page.
KIND_LOOKS: dict[str, tuple[str, str, str]] = {
    "image": ("#3f7fd4", "", "o"),
    "video": ("#d98a1f", "///", "^"),
    "audio": ("#5a8f69", "...", "s"),
}
_OTHER = ("#8a8a8a", "", "o")
SHADES = ["#3f7fd4", "#9dbfee"]  # settled, and the paler of what is not sure yet
_HATCHES = {"estimated": "///"}
_MOST_LABELS = 10


def is_axes(drawn: object) -> bool:
    """Whether a plotting backend returned matplotlib's Axes, which can be given our looks."""
    return hasattr(drawn, "containers") and hasattr(drawn, "set_axisbelow")


def colours(names: Iterable[Any]) -> list[str]:
    """Give the colours of kinds."""
    return [KIND_LOOKS.get(name, _OTHER)[0] for name in names]


def mark(kind: str) -> dict[str, Any]:
    """Give a kind's mark in a scatter plot."""
    colour, _, shape = KIND_LOOKS.get(kind, _OTHER)
    return {"color": colour, "marker": shape, "s": 34, "alpha": 0.8, "linewidths": 0}


def type_name(name: Any) -> str:
    """Write a type as people do; a missing one is "no type"."""
    return "no type" if pd.isna(name) else cut(type_text(str(name)), 32)


def style_bars(axes: Any, names: Sequence[Any]) -> None:
    """Hatch the bars, so that they differ in grey; a quiet grid, and a legend where there is more than one."""
    for container, name in zip(axes.containers, names, strict=False):
        hatch = KIND_LOOKS.get(name, _OTHER)[1] or _HATCHES.get(name, "")
        for bar in container:
            bar.set(hatch=hatch, edgecolor=_ink(0.55), linewidth=0)
    upright = bool(axes.containers) and getattr(axes.containers[0], "orientation", "vertical") == "vertical"
    _style(axes, "y" if upright else "x")
    axes.tick_params(axis="x" if upright else "y", length=0)
    _thousands(axes.yaxis if upright else axes.xaxis)
    _legend(axes, len(names) > 1)


def thin_labels(axes: Any, labels: Sequence[str]) -> None:
    """Write every label where there is room, else every second, third ..., upright ones never."""
    step = math.ceil(len(labels) / _MOST_LABELS)
    axes.set_xticks(range(0, len(labels), step), labels[::step], rotation=0)


def write_sums(axes: Any, sums: Sequence[int]) -> None:
    """Write each bar's sum at its end."""
    top = max([*sums, 1])
    for place, number in enumerate(sums):
        axes.text(max(number, 0) + top * 0.012, place, f"{number:,}", va="center", fontsize="small")
    axes.set_xlim(left=min([*sums, 0]), right=top * 1.12)


def style_marks(axes: Any, *, some: bool) -> None:
    """Dress a scatter plot; `some` says whether it has marks."""
    _style(axes, "both")
    _legend(axes, some)
    for axis in (axes.xaxis, axes.yaxis):
        _thousands(axis)


def draw_zero(axes: Any) -> None:
    """Draw the line on which a charge settles as it was estimated."""
    axes.axhline(0, color=_ink(0.7), linewidth=1, linestyle=(0, (4, 3)), zorder=0)


def say_nothing(axes: Any) -> None:
    """Say so where there is nothing to draw, in place of ticks that count nothing."""
    axes.set(xticks=[], yticks=[])
    axes.minorticks_off()
    axes.grid(visible=False)
    for artist in [*axes.texts, *axes.lines]:
        artist.remove()
    axes.text(0.5, 0.5, "nothing yet", transform=axes.transAxes, ha="center", va="center")


def _style(axes: Any, grid: str) -> None:
    axes.set_axisbelow(True)
    axes.grid(visible=False)
    axes.grid(axis=grid, color=_ink(0.18), linewidth=0.8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_ink(0.5))
    axes.tick_params(which="both", length=0)


def _legend(axes: Any, wanted: bool) -> None:
    legend = axes.get_legend()
    if legend is not None:
        legend.remove()
    if wanted:
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)


def _thousands(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if abs(value) >= 1 else f"{value:g}"))


def _ink(strength: float) -> tuple[float, float, float, float]:
    """Give the text's colour, fainter."""
    import matplotlib as mpl
    from matplotlib.colors import to_rgba

    return to_rgba(mpl.rcParams["text.color"], strength)
