"""Credits drawn: on matplotlib through pandas' own plotting, so that another backend of the user's is honoured."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mh_notebook.protocol.errors import ConfigurationError
from mh_notebook.protocol.kinds import KINDS

from . import looks
from .calendars import WORDS, calendar
from .columns import integers, need
from .summing import distinct, summary
from .timeline import over_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TYPES = 14  # bars; the rest are one bar more
_LABELS = {"D": "%d %b", "W": "%d %b", "M": "%b %Y"}  # without %-d, which Windows does not know


def plot(
    frame: pd.DataFrame,
    what: str = "over_time",
    *,
    freq: str = "D",
    tz: str = "UTC",
    ax: Axes | None = None,
    **options: Any,
) -> Axes:
    """Draw credits, or what they were spent on.

    =============== ==========================================================================================
    what            picture
    =============== ==========================================================================================
    "over_time"     credits by day, week or month, stacked by kind
    "by_type"       credits by type, the dearest first; what is still an estimate apart
    "queue_render"  seconds in the queue against seconds of rendering, a mark per project; needs `mh.history()`
    "drift"         how far settled credits lie from their estimate, a mark per project; needs `mh.history()`
    =============== ==========================================================================================

    Kinds differ by hatch or mark too, so that a grey print can be read. Ground and text have the colours that
    matplotlib's settings say, so that it can be read on dark and on light pages.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.
    what : str
        Which picture.
    freq, tz
        For "over_time": as for `credits.over_time`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a figure of its own unless given.
    **options
        Handed on to `DataFrame.plot`, such as `figsize=(9, 4)`.

    Returns
    -------
    matplotlib.axes.Axes
        Or what the plotting backend chosen with `pd.options.plotting.backend` returns.

    Raises
    ------
    ConfigurationError
        There is no such picture, the frame lacks a column, or the plotting library is not installed.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
    ...     frame = client.projects.frame(sandbox.refs)
    >>> mh.credits.plot(frame, "by_type").get_xlabel()
    'credits'
    """
    if what not in PICTURES:
        raise ConfigurationError(f"There is no picture {what!r}.", hint=f"Choose one of {', '.join(PICTURES)}.")
    given = options if ax is None else {"ax": ax, **options}
    try:
        drawn: Axes = PICTURES[what](frame, freq, tz, given)
    except ImportError as error:
        hint = "Run: pip install 'mh-notebook[plot]'."
        raise ConfigurationError(f"Pictures need a library: {error}", hint=hint) from None
    return drawn


def _finished(drawn: Any, *, some: bool, **labels: str) -> Any:
    if looks.is_axes(drawn):
        drawn.set(**labels)
        if not some:
            looks.say_nothing(drawn)
    return drawn


def _over_time(frame: pd.DataFrame, freq: str, tz: str, options: dict[str, Any]) -> Any:
    table = over_time(frame, freq, tz, by="kind")["credits"].unstack("kind")
    table = table.reindex(columns=[kind for kind in KINDS if kind in table.columns])
    if len(table):
        table = table.reindex(calendar(table.index[0], table.index[-1], freq)[:-1])
    wide = table.fillna(0).astype("int64")
    labels = [moment.strftime(_LABELS[freq]).removeprefix("0") for moment in wide.index]
    wide = _or_nothing(wide.set_axis(pd.Index(labels, name=f"{WORDS[freq]} ({tz})")))
    drawn = _bars(wide, "bar", {"stacked": True, "width": 0.84, "color": looks.colours(wide.columns)}, options)
    if looks.is_axes(drawn):
        looks.style_bars(drawn, list(wide.columns))
        looks.thin_labels(drawn, list(wide.index))
    return _finished(drawn, some=len(table) > 0, ylabel="credits")


def _by_type(frame: pd.DataFrame, _freq: str, _tz: str, options: dict[str, Any]) -> Any:
    need(frame, "type")
    sums = summary(frame, "type").iloc[:-1].sort_values("total", ascending=False, kind="stable")
    table = sums[["settled", "estimated"]].astype("int64")
    if len(table) > MOST_TYPES + 1:
        rest = table.iloc[MOST_TYPES:].sum().rename(f"{len(table) - MOST_TYPES} others").to_frame().T
        table = pd.concat([table.iloc[:MOST_TYPES], rest])
    table.index = pd.Index([looks.type_name(name) for name in table.index], name="type")
    table = _or_nothing(table.loc[:, (table != 0).any() | (table.columns == "settled")])
    drawn = _bars(table.iloc[::-1], "barh", {"stacked": True, "width": 0.72, "color": looks.SHADES}, options)
    if looks.is_axes(drawn):
        looks.style_bars(drawn, list(table.columns))
        looks.write_sums(drawn, table.iloc[::-1].sum(axis="columns").tolist())
    return _finished(drawn, some=len(sums) > 0, xlabel="credits", ylabel="")


def _queue_render(frame: pd.DataFrame, _freq: str, _tz: str, options: dict[str, Any]) -> Any:
    need(frame, "queue_seconds", "render_seconds")
    seconds = distinct(frame)[["kind", "queue_seconds", "render_seconds"]]
    drawn, some = _marks(seconds, "queue_seconds", "render_seconds", options)
    return _finished(drawn, some=some, xlabel="seconds in the queue", ylabel="seconds of rendering")


def _drift(frame: pd.DataFrame, _freq: str, _tz: str, options: dict[str, Any]) -> Any:
    need(frame, "status", "credits_estimated")
    known = distinct(frame)
    known = known[known["status"].eq("complete")]
    estimated, settled = (integers(known[name]).astype("Float64") for name in ("credits_estimated", "credits_charged"))
    shares = pd.DataFrame({"kind": known["kind"], "estimated": estimated.where(estimated > 0)})
    shares["drift"] = 100 * (settled / shares["estimated"] - 1)
    drawn, some = _marks(shares, "estimated", "drift", options, logy=False)
    if looks.is_axes(drawn):
        looks.draw_zero(drawn)
    return _finished(drawn, some=some, xlabel="credits estimated", ylabel="settled above or below the estimate, %")


PICTURES: dict[str, Callable[[pd.DataFrame, str, str, dict[str, Any]], Any]] = {
    "over_time": _over_time,
    "by_type": _by_type,
    "queue_render": _queue_render,
    "drift": _drift,
}


def _or_nothing(table: pd.DataFrame) -> pd.DataFrame:
    """Give an empty table one row of nothing: pandas refuses to draw none at all."""
    if len(table) and len(table.columns):
        return table
    return pd.DataFrame({"credits": [0]}, index=pd.Index(["nothing yet"], name=table.index.name))


def _bars(table: pd.DataFrame, kind: Any, look: dict[str, Any], options: dict[str, Any]) -> Any:
    return table.plot(kind=kind, **({**look, **options} if _matplotlib() else options))


def _marks(table: pd.DataFrame, x: str, y: str, options: dict[str, Any], *, logy: bool = True) -> tuple[Any, bool]:
    """Draw a mark per project that has both, another for each kind; logarithmic, as times and prices span decades."""
    plain = table.assign(**{name: table[name].astype("Float64").astype("float64") for name in (x, y)})
    plain = plain[(plain[x] > 0) & (plain[y] > (0 if logy else -np.inf))]
    if not _matplotlib():
        return plain.plot(kind="scatter", x=x, y=y, **options), len(plain) > 0
    drawn: Any = options.get("ax")
    for kind in [kind for kind in KINDS if plain["kind"].eq(kind).any()] or [""]:
        look = {"logx": True, "logy": logy, "label": kind, **looks.mark(kind), **options, "ax": drawn}
        drawn = plain[plain["kind"].eq(kind)].plot(kind="scatter", x=x, y=y, **look)
    looks.style_marks(drawn, some=len(plain) > 0)
    return drawn, len(plain) > 0


def _matplotlib() -> bool:
    return bool(pd.get_option("plotting.backend") == "matplotlib")
