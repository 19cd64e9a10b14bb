"""A limit for each day, week or month: what is left of it, and when it runs out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from mh_notebook.protocol.errors import ConfigurationError

from .calendars import WORDS, Period, at, between, period_of, zone
from .columns import integers, moments, whole
from .summing import charged, distinct

_FREQUENCIES = {word: freq for freq, word in WORDS.items()}


@dataclass(frozen=True, slots=True)
class BudgetState:
    """How a budget stands at one moment.

    Attributes
    ----------
    start, end : pandas.Timestamp
        The running period, from `start` to just before `end`, in the budget's time zone.
    limit, spent, left : int
        Credits; `left` is below 0 once the budget is passed.
    per_day : float
        Credits a day in the period so far, in days of 24 hours; NaN at its very first moment.
    runs_out_on : pandas.Timestamp or NaT
        The day (its midnight) on which the limit is passed at this rate, or was passed; NaT when the period ends first.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    limit: int
    spent: int
    left: int
    per_day: float
    runs_out_on: Any  # Timestamp or NaT

    def __str__(self) -> str:
        if self.left < 0:
            passed = f"the limit of {self.limit:,} was passed on {self.runs_out_on:%Y-%m-%d}"
            return f"{-self.left:,} credits too many; {passed}."
        last = self.end - pd.Timedelta(microseconds=1)
        lasting = pd.isna(self.runs_out_on)
        ends = f"last to the end, {last:%Y-%m-%d}" if lasting else f"run out on {self.runs_out_on:%Y-%m-%d}"
        rate = "" if math.isnan(self.per_day) else f", at {self.per_day:,.1f} a day they {ends}"
        return f"{self.left:,} of {self.limit:,} credits left{rate}."


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit of credits for each day, week or month.

    Parameters
    ----------
    limit : int
        Credits.
    per : "day", "week" or "month"
        How often it begins anew; weeks begin on Monday.
    tz : str
        The time zone whose midnights are meant.

    Raises
    ------
    ConfigurationError
        One of them cannot be.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> print(Budget(limit=5_000, per="month", tz="Europe/Berlin").of(build_frame([]), now="2026-10-12"))
    5,000 of 5,000 credits left, at 0.0 a day they last to the end, 2026-10-31.
    """

    limit: int
    per: str = "month"
    tz: str = "UTC"

    def __post_init__(self) -> None:
        if whole(self.limit) < 0:
            raise ConfigurationError(f"A limit is 0 credits or more, not {self.limit}.")
        if self.per not in _FREQUENCIES:
            raise ConfigurationError(f"per is {self.per!r}.", hint='Choose "day", "week" or "month".')
        zone(self.tz)

    def of(self, frame: pd.DataFrame, now: Any = None) -> BudgetState:
        """Say how the budget stands.

        Parameters
        ----------
        frame : pandas.DataFrame
            Of the fixed schema.
        now : time, optional
            The moment to stand at; a time without a zone is of the budget's.

        Returns
        -------
        BudgetState
            Estimates count as they stand.

        Raises
        ------
        ConfigurationError
            The frame lacks a column, or `now` is no time.

        Examples
        --------
        >>> from mh_notebook.frames import build_frame
        >>> Budget(5_000).of(build_frame([]), now="2026-10-12").runs_out_on
        NaT
        """
        moment = at(now, self.tz)
        period = period_of(moment, _FREQUENCIES[self.per])
        made = distinct(between(frame, period.start, moment + pd.Timedelta(microseconds=1)))
        spent, gone = charged(made), moment - period.start
        per_day = spent / (gone / pd.Timedelta(days=1)) if gone else float("nan")
        day = self._passed(made) if spent > self.limit else self._passing(spent, period, moment)
        return BudgetState(*period, int(self.limit), spent, int(self.limit) - spent, per_day, day)

    def warning(self, frame: pd.DataFrame, now: Any = None) -> str | None:
        """Say in a sentence that the budget is passed; None while it is not.

        Parameters
        ----------
        frame, now
            As for `of`.

        Examples
        --------
        >>> from mh_notebook.frames import build_frame
        >>> Budget(5_000).warning(build_frame([])) is None
        True
        """
        state = self.of(frame, now)
        if state.left >= 0:
            return None
        since = f"since {state.runs_out_on:%Y-%m-%d}"
        spent = f"{state.spent:,} of {state.limit:,} credits spent"
        return f"The {self.per}'s budget is passed {since}: {spent}, {-state.left:,} too many."

    def _passed(self, made: pd.DataFrame) -> Any:
        """Find the day on which the sum first stood above the limit."""
        created = moments(made["created_at"])
        in_order = np.argsort(created.astype("int64").to_numpy(), kind="stable")
        sums = integers(made["credits_charged"]).to_numpy(dtype="int64")[in_order].cumsum()
        first = in_order[np.argmax(sums > self.limit)]
        return created.iloc[first].tz_convert(zone(self.tz)).normalize()

    def _passing(self, spent: int, period: Period, moment: pd.Timestamp) -> Any:
        """Find the day on which it will, at the rate so far: just after `limit` of them are spent."""
        gone = (moment - period.start) // pd.Timedelta(microseconds=1)
        if spent <= 0 or not gone:
            return pd.NaT
        needed = int(Fraction(self.limit * gone, spent))
        day = period.start + pd.Timedelta(min(needed, 10**14), unit="us")  # three years are beyond any period's end
        return day.normalize() if day < period.end else pd.NaT
