"""A month's credits on one page, for people who will never open a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from mh_notebook.credits.calendars import during
from mh_notebook.credits.columns import By, flags, group_columns, integers, need
from mh_notebook.credits.money import Plan
from mh_notebook.credits.summing import distinct, summary

from .html import MUTED, root
from .markup import tag
from .wording import counted, cut, shown, type_text

_TABLE = "border-collapse:collapse;margin:8px 0;font-variant-numeric:tabular-nums"
_RULE = "1px solid rgba(128,128,128,0.35)"
_CELL = f"padding:5px 0 5px 28px;text-align:right;border-top:{_RULE}"
_NAME = f"padding:5px 0;text-align:left;border-top:{_RULE}"
_COUNTS = ("projects", "charged", "refunded", "net")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Statement:
    """A statement of credits: made by `credits.statement`; show it by naming it at a cell's end.

    Attributes
    ----------
    title : str
        What it is a statement of.
    table : pandas.DataFrame
        By group, `total` last: `projects`, `charged`, `refunded`, `net` (Int64) and, with a plan, `amount`
        (Decimal). Charged less refunded is net.
    notes : tuple of str
        What a reader should know: what is still an estimate, which refunds are not known, how it was priced.
    """

    title: str
    table: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join([self.title, *[" | ".join(row) for row in _rows(self.table)], *self.notes])

    def _repr_html_(self) -> str:
        head, *rows, total = _rows(self.table)
        lines = [_line(head, MUTED), *[_line(row) for row in rows], _line(total, "font-weight:bold")]
        notes = [tag("div", note, style=MUTED) for note in self.notes]
        return str(root(tag("strong", self.title), tag("table", *lines, style=_TABLE), *notes))


def statement(
    frame: pd.DataFrame, period: str, *, by: By = "kind", tz: str = "UTC", plan: Plan | None = None
) -> Statement:
    """State what a year, month or day has cost, for people: charged, refunded, net, and money.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema; of `mh.history()`, which alone knows refunds.
    period : str
        Such as "2026-10", by when the projects were made.
    by : str or sequence of str
        Columns to group by.
    tz : str
        The time zone whose midnights are meant.
    plan : Plan, optional
        Adds amounts of money, which add up to the total's.

    Returns
    -------
    Statement
        Its `.table` is a DataFrame, `.notes` what is to be known about it.

    Raises
    ------
    ConfigurationError
        The frame lacks a column, or there is no such period or time zone.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> statement(build_frame([]), "2026-10")
    Credits of 2026-10 (UTC)
    kind | projects | charged | refunded | net
    total | 0 | not known | not known | 0
    Everything is settled.
    Refunds are taken off already, but how many they were is not known here: mh.history() sees them.
    """
    need(frame, "credits_settled", *group_columns(frame, by))
    made = during(frame, period, tz)
    sums = summary(made, by) if plan is None else plan.bill(made, by)
    if "credits_refunded" in made:
        sums["refunded"] = sums["refunded"].fillna(0)
    sums["charged"] = sums["net"] + sums["refunded"]
    table = sums[[*_COUNTS, *(["amount"] if plan else [])]]
    return Statement(f"Credits of {period} ({tz})", table, tuple(_notes(distinct(made), plan)))


def _notes(known: pd.DataFrame, plan: Plan | None) -> list[str]:
    open_ = known[~flags(known["credits_settled"])]
    notes = [_open_note(open_) if len(open_) else "Everything is settled."]
    if "credits_refunded" not in known:
        notes.append("Refunds are taken off already, but how many they were is not known here: mh.history() sees them.")
    # Of what has not settled there is no refund to know of yet, and the first note tells of it.
    elif missing := int((known["credits_refunded"].isna() & flags(known["credits_settled"])).sum()):
        notes.append(f"Of {counted(missing, 'project')} it is not known whether something was refunded; net holds.")
    if plan is not None:
        notes.append(f"Amounts in {plan.currency}, rounded once, so that the rows add up to the total.")
    return notes


def _open_note(open_: pd.DataFrame) -> str:
    estimated = counted(int(integers(open_["credits_charged"]).sum()), "credit")
    return f"{counted(len(open_), 'project')} not settled yet: {estimated} of this may still change."


def _rows(table: pd.DataFrame) -> list[list[str]]:
    """Write the table, its head first."""
    head = [", ".join(map(str, table.index.names)), *map(str, table.columns)]
    cells = table.itertuples(index=False)
    return [head, *[[_label(label), *map(_cell, row)] for label, row in zip(table.index, cells, strict=True)]]


def _label(label: Any) -> str:
    levels: tuple[Any, ...] = label if isinstance(label, tuple) else (label,)
    parts = ["none" if bool(pd.isna(level)) else str(level) for level in levels]
    return cut(", ".join(type_text(shown(part)) for part in parts if part), 80)


def _cell(value: Any) -> str:
    return "not known" if bool(pd.isna(value)) else f"{value:,}"


def _line(cells: list[str], style: str = "") -> Markup:
    first, *others = cells
    return tag(
        "tr",
        tag("td", first, style=f"{_NAME};{style}"),
        *[tag("td", cell, style=f"{_CELL};{style}") for cell in others],
    )
