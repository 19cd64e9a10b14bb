"""What a panel of credits shows: a frozen snapshot of the projects selected, in numbers and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from mh_notebook.credits.budgets import Budget
from mh_notebook.credits.calendars import WORDS, between, calendar, dated, edge
from mh_notebook.credits.columns import moments
from mh_notebook.credits.money import Plan
from mh_notebook.credits.summing import distinct, summary
from mh_notebook.credits.timeline import over_time
from mh_notebook.protocol.kinds import KINDS

from .wording import counted, cut, type_text

MOST_BARS = 62  # two months of days; more are weeks or months
MOST_TYPES = 8
_DAYS = {"D": 1, "W": 7}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which projects: of one kind, some types, made between two days, both included; None and () are all."""

    kind: str | None = None
    types: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, week or month: its name, and the credits of each kind."""

    label: str
    parts: tuple[tuple[str, int], ...]

    @property
    def credits(self) -> int:
        """Sum of all kinds."""
        return sum(credits for _, credits in self.parts)


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One type: what it is, how many projects, what they cost; the amount is "" without a plan."""

    name: str
    kind: str
    projects: int
    credits: int
    amount: str


@dataclass(frozen=True, slots=True)
class CreditsState:
    """All that is drawn."""

    title: str
    figures: tuple[tuple[str, str], ...]
    period: str = "day"
    bars: tuple[Bar, ...] = ()
    types: tuple[TypeRow, ...] = ()
    warning: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a panel was made with, besides its frame."""

    tz: str = "UTC"
    plan: Plan | None = None
    budget: Budget | None = None
    now: Any = None


def selected(frame: pd.DataFrame, selection: Selection, tz: str) -> pd.DataFrame:
    """Keep the projects that were selected, each once.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> len(selected(build_frame([]), Selection(kind="video"), "UTC"))
    0
    """
    since = edge(selection.since, tz)
    until = None if selection.until is None else edge(_day_after(selection.until), tz)
    kept = distinct(frame)
    if since is not None or until is not None:
        kept = between(kept, since, until)
    if selection.kind is not None:
        kept = kept[kept["kind"].eq(selection.kind)]
    return kept[kept["type"].isin(selection.types)] if selection.types else kept


def _day_after(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)


def credits_state(frame: pd.DataFrame, selection: Selection, terms: Terms) -> CreditsState:
    """Count what was selected; a budget is held against the whole frame."""
    known = selected(frame, selection, terms.tz)
    warning = None if terms.budget is None else terms.budget.warning(frame, terms.now)
    freq, bars = _bars(known, terms.tz)
    return CreditsState(
        title=_title(selection, terms.tz),
        figures=_figures(known, terms.plan),
        period=WORDS[freq],
        bars=bars,
        types=_types(known, terms.plan),
        warning=warning or "",
        note=_ONE_BILL if terms.plan is not None and len(terms.plan.bands) > 1 else "",
    )


_ONE_BILL = "Amounts price what is selected as one bill: other days or fewer kinds may reach other bands."


def _title(selection: Selection, tz: str) -> str:
    types = ", ".join(type_text(name) for name in selection.types)
    days = [f"{word} {day:%Y-%m-%d}" for word, day in (("from", selection.since), ("to", selection.until)) if day]
    what = f"{selection.kind or 'All kinds'}, {cut(types, 120) or 'all types'}"
    return f"{what[:1].upper()}{what[1:]}, {' '.join(days) or 'all days'} ({tz})"


def _figures(known: pd.DataFrame, plan: Plan | None) -> tuple[tuple[str, str], ...]:
    sums: Any = summary(known, "kind").iloc[-1].to_dict()
    figures = [("net credits", sums["net"]), ("settled", sums["settled"]), ("estimated", sums["estimated"])]
    figures += [] if pd.isna(sums["refunded"]) else [("refunded", sums["refunded"])]
    shown = [(name, f"{int(number):,}") for name, number in [*figures, ("projects", sums["projects"])]]
    return tuple(shown if plan is None else [*shown, ("amount", plan.text(plan.cost(int(sums["net"]))))])


def _bars(known: pd.DataFrame, tz: str) -> tuple[str, tuple[Bar, ...]]:
    freq = _frequency(known)
    table = over_time(known, freq, tz, by="kind")["credits"].unstack("kind")
    if table.empty:
        return freq, ()
    starts = calendar(table.index[0], table.index[-1], freq)[:-1]
    kinds = [kind for kind in KINDS if kind in table.columns]
    rows = table[kinds].reindex(starts).fillna(0).astype("int64").itertuples(index=False)
    bars = (tuple(zip(kinds, map(int, row), strict=True)) for row in rows)
    return freq, tuple(Bar(f"{start:%Y-%m-%d}", parts) for start, parts in zip(starts, bars, strict=True))


def _frequency(known: pd.DataFrame) -> str:
    """Choose days, weeks or months, so that the bars are not too many."""
    made = moments(dated(known)["created_at"])
    days = 0 if made.isna().all() else (made.max() - made.min()).days
    return next((freq for freq, length in _DAYS.items() if days < MOST_BARS * length), "M")


def _types(known: pd.DataFrame, plan: Plan | None) -> tuple[TypeRow, ...]:
    sums = summary(known, ["kind", "type"]).iloc[:-1]
    money = [""] * len(sums) if plan is None else [plan.text(part) for part in plan.split(list(map(int, sums["net"])))]
    rows = [
        TypeRow("no type" if pd.isna(name) else type_text(str(name)), str(kind), int(projects), int(credits), amount)
        for (kind, name), projects, credits, amount in zip(
            sums.index, sums["projects"], sums["net"], money, strict=True
        )
    ]
    return tuple(sorted(rows, key=lambda row: -row.credits))


def state_text(state: CreditsState) -> str:
    """Write a panel of credits as text.

    Examples
    --------
    >>> print(state_text(CreditsState("All kinds", (("net credits", "5"),))))
    All kinds
    net credits 5
    """
    lines = [state.warning, state.title, " · ".join(f"{name} {number}" for name, number in state.figures)]
    lines += [
        f"  {row.name} ({row.kind}): {counted(row.projects, 'project')}, {counted(row.credits, 'credit')}"
        + (f", {row.amount}" if row.amount else "")
        for row in state.types[:MOST_TYPES]
    ]
    return "\n".join(line for line in [*lines, state.note] if line)
