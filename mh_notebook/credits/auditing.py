"""What a bill should be asked about: findings, one a row, each with the credits that hang on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from mh_notebook.frames import SCHEMA, to_frame

from .calendars import at
from .columns import flags, integers, moments, need, read_paths
from .summing import IDENTITY, distinct

FAILED = ("error", "canceled")
DRIFT = 0.1  # the share by which a settled charge may differ from its estimate unremarked
HOURS = 6.0  # to download, before links run out
_DTYPES: dict[str, Any] = {"finding": SCHEMA["id"], "detail": SCHEMA["id"], "credits": SCHEMA["credits_charged"]}

_CREDITS = ("credits_charged", "credits_estimated", "credits_changed_after")

Row = dict[str, Any]


class Question(NamedTuple):
    """One kind of finding: the columns it needs, and what finds it."""

    columns: tuple[str, ...]
    find: Callable[[pd.DataFrame, Terms], list[Row]]


class Terms(NamedTuple):
    """What counts as a finding."""

    now: pd.Timestamp
    drift: float
    hours: float


def audit(frame: pd.DataFrame, *, now: Any = None, drift: float = DRIFT, hours: float = HOURS) -> pd.DataFrame:
    """List what a bill should be asked about.

    ====================== ============================================================= =========================
    finding                what was found                                                credits
    ====================== ============================================================= =========================
    not_refunded           failed or canceled, and still charged                         what is charged
    changed_after_complete the charge is another than when first seen complete           the change
    estimate_drift         settled above or below the estimate by more than `drift`      settled less estimate
    never_downloaded       complete and charged, and no file of it was saved             what is charged
    links_running_out      not saved yet, and the links end within `hours`               what is charged
    ====================== ============================================================= =========================

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema; `mh.history()` has the columns that every finding needs.
    now : time, optional
        The moment to stand at; a time without a zone is UTC.
    drift : float
        The share by which a settled charge may differ from its estimate.
    hours : float
        How far ahead links that run out are looked for.

    Returns
    -------
    pandas.DataFrame
        `kind`, `id`, `finding`, `detail` (words) and `credits` (Int64). `.attrs["skipped"]` says, for each finding
        that could not be looked for, which columns the frame lacks.

    Raises
    ------
    ConfigurationError
        The frame lacks a column that every finding needs, or `now` is no time.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> with mh.Sandbox(empty=True) as sandbox, sandbox.client() as client:
    ...     ref = sandbox.add(
    ...         "video", outcome="error", queue_seconds=0, render_seconds=0, credits=90, final_credits=30
    ...     )
    ...     found = mh.credits.audit(client.projects.frame(ref))
    >>> print(*found.loc[0, ["finding", "detail", "credits"]], sep=": ")
    not_refunded: error, and 30 credits are still charged: 30
    >>> found.attrs["skipped"]["never_downloaded"]
    'this frame has no column paths; mh.history() has'
    """
    need(frame, *IDENTITY, "status", "credits_charged")
    known, terms = _whole(distinct(frame)), Terms(at(now, "UTC"), drift, hours)
    missing = {name: [c for c in question.columns if c not in frame] for name, question in QUESTIONS.items()}
    rows = [
        {"finding": name, **row}
        for name, question in QUESTIONS.items()
        if not missing[name]
        for row in question.find(known, terms)
    ]
    found = to_frame(rows, {"kind": frame["kind"].dtype, "id": frame["id"].dtype, **_DTYPES})
    found.attrs["skipped"] = {
        name: f"this frame has no column {', '.join(columns)}; mh.history() has"
        for name, columns in missing.items()
        if columns
    }
    return found


def _not_refunded(known: pd.DataFrame, _: Terms) -> list[Row]:
    kept = known[known["status"].isin(FAILED) & (known["credits_charged"] > 0).fillna(False)]
    return [
        _row(row, f"{row['status']}, and {_credits(row['credits_charged'])} still charged", row["credits_charged"])
        for row in _rows(kept)
    ]


def _changed_after(known: pd.DataFrame, _: Terms) -> list[Row]:
    change = known["credits_changed_after"].fillna(0)
    return [
        _row(
            row,
            f"{_signed(row['credits_changed_after'])} since it was first seen complete",
            row["credits_changed_after"],
        )
        for row in _rows(known[change != 0])
    ]


def _drifted(known: pd.DataFrame, terms: Terms) -> list[Row]:
    estimated, settled = known["credits_estimated"], known["credits_charged"]
    final = known["status"].eq("complete") & flags(known["credits_settled"]) & (estimated > 0).fillna(False)
    off = (settled - estimated).abs().astype("Float64") > estimated.astype("Float64") * terms.drift
    found = known[final & off.fillna(False)]
    return [_row(row, _drift_words(row), row["credits_charged"] - row["credits_estimated"]) for row in _rows(found)]


def _drift_words(row: Row) -> str:
    share = row["credits_charged"] / row["credits_estimated"] - 1
    return f"estimated {row['credits_estimated']:,}, settled {row['credits_charged']:,} ({share:+.0%})"


def _never_downloaded(known: pd.DataFrame, _: Terms) -> list[Row]:
    unsaved = _unsaved(known)
    gone = unsaved["deleted_at"].notna() if "deleted_at" in unsaved else [False] * len(unsaved)
    words = {True: "complete and charged, deleted before a file of it was saved"}
    words[False] = "complete and charged, no file of it was saved"
    return [
        _row(row, words[bool(lost)], row["credits_charged"]) for row, lost in zip(_rows(unsaved), gone, strict=True)
    ]


def _links_running_out(known: pd.DataFrame, terms: Terms) -> list[Row]:
    waiting = _unsaved(known) if "paths" in known else known[known["status"].eq("complete")]
    left = moments(waiting["expires_at"]) - terms.now
    soon = waiting[(left > pd.Timedelta(0)) & (left <= pd.Timedelta(hours=terms.hours))]
    ends = moments(soon["expires_at"])
    return [
        _row(row, f"links end at {end:%Y-%m-%d %H:%M} UTC; another get makes fresh ones", row["credits_charged"])
        for row, end in zip(_rows(soon), ends, strict=True)
    ]


QUESTIONS = {
    "not_refunded": Question((), _not_refunded),
    "changed_after_complete": Question(("credits_changed_after",), _changed_after),
    "estimate_drift": Question(("credits_estimated", "credits_settled"), _drifted),
    "never_downloaded": Question(("paths",), _never_downloaded),
    "links_running_out": Question(("expires_at",), _links_running_out),
}


def _unsaved(known: pd.DataFrame) -> pd.DataFrame:
    charged = known["status"].eq("complete") & (known["credits_charged"] > 0).fillna(False)
    return known[charged & ~known["paths"].map(lambda cell: bool(read_paths(cell))).astype(bool)]


def _whole(known: pd.DataFrame) -> pd.DataFrame:
    """Give whole credits to a frame that came from a file, where one NA has made a column float."""
    return known.assign(**{name: integers(known[name]) for name in _CREDITS if name in known})


def _rows(known: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]


def _row(row: Row, detail: str, credits: int) -> Row:
    return {"kind": row["kind"], "id": row["id"], "detail": detail, "credits": int(credits)}


def _credits(number: int) -> str:
    return f"{number:,} credit is" if number == 1 else f"{number:,} credits are"


def _signed(number: int) -> str:
    return f"{number:+,} {'credit' if abs(number) == 1 else 'credits'}"
