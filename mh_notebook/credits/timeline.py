"""Credits over time: by day, week or month of a stated time zone, and on to the month's end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from .calendars import WORDS, at, between, calendar, dated, frequency, period_of, places, zone
from .columns import By, flags, group_columns, group_keys, integers, moments, need
from .summing import charged, distinct, narrowed


def over_time(frame: pd.DataFrame, freq: str = "D", tz: str = "UTC", by: By | None = None) -> pd.DataFrame:
    """Sum up credits by day, week or month, by when the projects were made.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.
    freq : "D", "W" or "M"
        Days, weeks from Monday, or months.
    tz : str
        The time zone whose midnights part the days; a day of 23 or 25 hours is one day.
    by : str or sequence of str, optional
        Columns to group by within each period.

    Returns
    -------
    pandas.DataFrame
        Indexed by the period's start (datetime64[us, tz]), then by `by`: `projects`, `credits` and `running_total`
        (Int64; the running total is the group's own) and `credits_per_day` (Float64; a period's calendar days).
        Without `by` every period from the first to the last is there, with it those in which a group has projects.
        `.attrs["time_zone"]` repeats `tz`; `.attrs["undated_credits"]` is what belongs to no period, as its rows
        have no `created_at`, or none between 1900 and 2200: with it, the credits add up to `credits.total(frame)`.

    Raises
    ------
    ConfigurationError
        The frame lacks a column, or there is no such frequency or time zone.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
    ...     frame = client.projects.frame(sandbox.refs)
    >>> days = mh.credits.over_time(frame, "D", tz="Europe/Berlin")
    >>> int(days["credits"].sum()) == mh.credits.total(frame)
    True
    """
    need(frame, "created_at")
    columns = [] if by is None else group_columns(frame, by)
    known = distinct(narrowed(frame, "created_at", *columns))
    made = dated(known)
    edges = _edges(made, frequency(freq), tz)
    parts = pd.DataFrame({"projects": 1, "credits": integers(made["credits_charged"])}, index=made.index)
    period = pd.Series(places(made["created_at"], edges), index=made.index, name=WORDS[freq])
    sums = parts.groupby([period, *group_keys(made, columns)], observed=True, dropna=False).sum()
    table = _with_rates(_dated(sums, edges, columns), edges, columns)
    table.attrs |= {"time_zone": tz, "undated_credits": charged(known) - charged(made)}
    return table


def _edges(projects: pd.DataFrame, freq: str, tz: str) -> pd.DatetimeIndex:
    if projects.empty:
        return pd.DatetimeIndex([], dtype=f"datetime64[us, {zone(tz).key}]", name=WORDS[freq])
    made = moments(projects["created_at"])
    return calendar(made.min().tz_convert(zone(tz)), made.max().tz_convert(zone(tz)), freq)


def _dated(sums: pd.DataFrame, edges: pd.DatetimeIndex, columns: list[str]) -> pd.DataFrame:
    """Put the periods' starts in place of their numbers; without groups, the empty periods too."""
    if not columns:
        sums = sums.reindex(range(max(len(edges) - 1, 0)), fill_value=0)
        return sums.set_axis(edges[:-1])
    numbers = sums.index.get_level_values(0).to_numpy(dtype="int64")
    groups = [sums.index.get_level_values(level) for level in range(1, sums.index.nlevels)]
    return sums.set_axis(pd.MultiIndex.from_arrays([edges[numbers], *groups], names=[edges.name, *columns]))


def _with_rates(table: pd.DataFrame, edges: pd.DatetimeIndex, columns: list[str]) -> pd.DataFrame:
    table = table.astype("Int64")
    levels = list(range(1, len(columns) + 1))
    groups = table["credits"].groupby(level=levels, observed=True, dropna=False) if columns else table["credits"]
    starts = pd.DatetimeIndex(table.index.get_level_values(0))
    days = pd.Series(np.diff(_walls(edges)) / np.timedelta64(1, "D"), index=edges[:-1])
    lengths = days.reindex(starts).to_numpy(dtype="float64")
    rate = table["credits"].astype("Float64") / lengths
    return table.assign(running_total=groups.cumsum().astype("Int64"), credits_per_day=rate.astype("Float64"))


def _walls(edges: pd.DatetimeIndex) -> Any:
    return edges.tz_localize(None).normalize().to_numpy()


@dataclass(frozen=True, slots=True)
class Projection:
    """What a month will have cost at its end, if it goes on as it has begun.

    Attributes
    ----------
    month : str
        Such as "2026-10".
    spent, estimated : int
        Credits of the month so far, and how much of them is still an estimate.
    per_day : float
        Credits a day so far, in days of 24 hours; NaN at the month's very first moment.
    projected : int
        Credits at the month's end; what was spent where there is no rate yet.
    assumption : str
        What this supposes, in words.
    """

    month: str
    spent: int
    estimated: int
    per_day: float
    projected: int
    assumption: str

    def __str__(self) -> str:
        return f"{self.projected:,} credits by the end of {self.month}.\n{self.assumption}"


def projection(frame: pd.DataFrame, *, tz: str = "UTC", now: Any = None) -> Projection:
    """Project the running month's credits to its end, at the rate so far.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.
    tz : str
        The time zone of the month.
    now : time, optional
        The moment to stand at, such as "2026-10-12 09:00" (of `tz`, unless it says another zone).

    Returns
    -------
    Projection
        With its assumption in words; `print` says all of it.

    Raises
    ------
    ConfigurationError
        The frame lacks a column, or there is no such time or time zone.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> print(projection(build_frame([]), now="2026-10-12 09:00"))
    0 credits by the end of 2026-10.
    Assumed: the rest of the month goes on at the rate so far, 0 credits in 11.4 of 31 days (0.0 a day).
    """
    moment = at(now, tz)
    month = period_of(moment, "M")
    made = distinct(between(frame, month.start, moment + pd.Timedelta(microseconds=1)))
    need(made, "credits_settled")
    spent, estimated = charged(made), charged(made[~flags(made["credits_settled"])])
    gone, length = _microseconds(moment - month.start), _microseconds(month.end - month.start)
    projected = round(Fraction(spent * length, gone)) if gone else spent
    per_day = spent * DAY / gone if gone else float("nan")
    words = _assumption(spent, estimated, per_day, f"{gone / DAY:.1f} of {length / DAY:.4g} days")
    return Projection(f"{month.start:%Y-%m}", spent, estimated, per_day, projected, words)


DAY = 86_400_000_000  # microseconds


def _microseconds(span: pd.Timedelta) -> int:
    return span // pd.Timedelta(microseconds=1)


def _assumption(spent: int, estimated: int, per_day: float, days: str) -> str:
    if math.isnan(per_day):
        return "Assumed: nothing more, as the month has just begun and has no rate yet."
    rate = f"{spent:,} credits in {days} ({per_day:,.1f} a day)"
    said = f"Assumed: the rest of the month goes on at the rate so far, {rate}."
    return said + (f" Of these, {estimated:,} are still estimates, counted as they stand." if estimated else "")
