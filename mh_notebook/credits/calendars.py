"""Days, weeks and months of a time zone: as long as they really are, 23 and 25 hours included."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mh_notebook.protocol.errors import ConfigurationError

from .columns import moments, need

Frequency = Literal["D", "W", "M"]
WORDS: dict[str, str] = {"D": "day", "W": "week", "M": "month"}
_RULES = {"D": "D", "W": "W-MON", "M": "MS"}


class Period(NamedTuple):
    """One day, week or month: from `start` to just before `end`, both in its time zone."""

    start: pd.Timestamp
    end: pd.Timestamp


def zone(tz: str) -> ZoneInfo:
    """Find a time zone by its name; raise ConfigurationError where there is none.

    Examples
    --------
    >>> zone("Europe/Berlin").key
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError, TypeError):  # not found, no such path, a folder, no text
        raise ConfigurationError(
            f"There is no time zone {tz!r}.", hint='Such as tz="UTC" or tz="Europe/Berlin".'
        ) from None


def frequency(freq: str) -> str:
    """Pass "D", "W" or "M" through; raise ConfigurationError for anything else."""
    if freq not in WORDS:
        raise ConfigurationError(f"freq is {freq!r}.", hint='Choose "D" for days, "W" for weeks or "M" for months.')
    return freq


def at(now: Any, tz: str) -> pd.Timestamp:
    """Read a moment into a time zone; None is now, a time without a zone is of that zone."""
    if now is None:
        return pd.Timestamp.now(zone(tz))
    try:
        moment = pd.Timestamp(now)
    except (ValueError, TypeError, OverflowError):
        raise ConfigurationError(f"{now!r} is no time.", hint='Such as "2026-10-25 12:00".') from None
    if pd.isna(moment):
        raise ConfigurationError("now is NaT, which is no time.", hint="Leave it out for the present moment.")
    place = zone(tz)
    try:
        return _local([moment], place)[0] if moment.tzinfo is None else moment.tz_convert(place)
    except (ValueError, OverflowError):  # the first and the last days there are have no place in every zone
        raise ConfigurationError(f"{now!s} has no place in a calendar of {tz}.", hint="Choose another year.") from None


def period_of(moment: pd.Timestamp, freq: str) -> Period:
    """Find the period in which a moment lies, in the moment's own time zone.

    Examples
    --------
    >>> day = period_of(pd.Timestamp("2026-10-25 12:00", tz="Europe/Berlin"), "D")
    >>> (day.end - day.start).total_seconds() / 3600
    25.0
    """
    edges = calendar(moment, moment, freq)
    return Period(edges[0], edges[1])


def calendar(first: pd.Timestamp, last: pd.Timestamp, freq: str) -> pd.DatetimeIndex:
    """List the starts of all periods from the one of `first` to the one after that of `last`."""
    begin = _start(first.tz_localize(None), freq)
    end = _start(last.tz_localize(None), freq) + timedelta(days=32 if freq == "M" else 7 if freq == "W" else 1)
    days = pd.date_range(begin, _start(end, freq), freq=_RULES[frequency(freq)])
    local = _local(days, zone(str(first.tzinfo)))
    return local.unique().rename(WORDS[freq])  # Apia had no 30 December 2011 at all


def places(times: pd.Series[Any], edges: pd.DatetimeIndex) -> Any:
    """Say for each time in which period it lies: a binary search, as to convert a million times takes seconds."""
    return np.searchsorted(_microseconds(edges), moments(times).astype("int64").to_numpy(), side="right") - 1


def during(frame: pd.DataFrame, period: str, tz: str = "UTC") -> pd.DataFrame:
    """Keep the projects made in one year, month or day of a time zone.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.
    period : str
        Such as "2026", "2026-10" or "2026-10-25".
    tz : str
        The time zone whose midnights are meant.

    Returns
    -------
    pandas.DataFrame
        The rows whose `created_at` lies in it, as they were.

    Raises
    ------
    ConfigurationError
        There is no such period or time zone, or the frame has no `created_at`.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> len(during(build_frame([]), "2026-10", tz="Europe/Berlin"))
    0
    """
    try:
        span = pd.Period(_year_first(period))
        first, after = pd.Timestamp(span.start_time), pd.Timestamp((span + 1).start_time)
    except (ValueError, TypeError, AttributeError, OverflowError):  # NaT has no start_time
        hint = 'Such as "2026-10" for a month, "2026-10-25" for a day.'
        raise ConfigurationError(f"{period!r} is no period.", hint=hint) from None
    return between(frame, at(first, tz), at(after, tz))


def _year_first(period: object) -> str:
    """Pass a period's text on; "October" would be one of the year 1, and "10/11/2026" a day of two possible months."""
    text = str(period) if isinstance(period, (str, int, pd.Period)) else ""
    if not re.match(r"\d{4}(?!/)", text):
        raise ValueError
    return text


def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the projects that can stand in a calendar: a year 1 is what some servers write for no date at all."""
    return between(frame, _EARLIEST, _LATEST)


def edge(day: date | None, tz: str) -> pd.Timestamp | None:
    """Give a day's first moment in a time zone, no farther away than a calendar goes."""
    return None if day is None else at(min(max(day, _EARLIEST.date()), _LATEST.date()), tz)


_EARLIEST, _LATEST = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")


def between(frame: pd.DataFrame, since: pd.Timestamp | None, until: pd.Timestamp | None) -> pd.DataFrame:
    """Keep the projects made from `since` to just before `until`; None is without end."""
    need(frame, "created_at")
    made = moments(frame["created_at"])
    kept = made.notna()
    if since is not None:
        kept &= made >= since
    if until is not None:
        kept &= made < until
    return frame[kept]


def _start(wall: pd.Timestamp, freq: str) -> pd.Timestamp:
    day = wall.normalize()
    if freq == "W":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if freq == "M" else day


def _local(walls: Iterable[pd.Timestamp], tz: ZoneInfo) -> pd.DatetimeIndex:
    """Find what a clock on the wall means.

    A midnight may not exist (Beirut in spring) or come twice (Havana in autumn): then the day's first moment is meant.
    Python's rules for `fold` say just that; those of pandas miss a day that is left out whole.
    """
    moments_ = [wall.as_unit("us").to_pydatetime().replace(tzinfo=tz).astimezone(UTC) for wall in walls]
    return pd.DatetimeIndex(moments_, dtype="datetime64[us, UTC]").tz_convert(tz)


def _microseconds(edges: pd.DatetimeIndex) -> Any:
    return edges.tz_convert("UTC").as_unit("us").asi8
