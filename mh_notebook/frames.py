"""Projects into a DataFrame of one fixed schema, built by columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pandas as pd

from .protocol.kinds import KINDS
from .protocol.models import STATUSES, Project, VideoProject
from .protocol.redaction import redact, redact_all

_PANDAS_3 = int(pd.__version__.partition(".")[0]) >= 3
_TEXT: Any = "str" if _PANDAS_3 else pd.StringDtype()
_TIME = "datetime64[us, UTC]"


class Unread(msgspec.Struct, frozen=True):
    """A project about which nothing is known yet, or which could not be fetched: its row says why."""

    kind: str
    id: str
    fetch_error: str | None = None


SCHEMA: dict[str, Any] = {
    "kind": pd.CategoricalDtype(list(KINDS)),
    "status": pd.CategoricalDtype(list(STATUSES)),
    "id": _TEXT,
    "name": _TEXT,
    "type": _TEXT,
    "created_at": _TIME,
    "fetched_at": _TIME,
    "expires_at": _TIME,
    "enabled": "boolean",
    "credits_charged": "Int64",
    "credits_settled": "boolean",
    "width": "Int64",
    "height": "Int64",
    "start_seconds": "Float64",
    "end_seconds": "Float64",
    "duration_seconds": "Float64",
    "fps": "Float64",
    "image_count": "Int64",
    "download_count": "Int64",
    "error_code": _TEXT,
    "error_message": _TEXT,
    "fetch_error": _TEXT,
}
"""Column -> dtype, in order. `credits_charged` in credits, seconds, pixels, frames per second."""


def build_frame(items: Iterable[Project | Unread]) -> pd.DataFrame:
    """Build the frame: one row per item, in order; the same columns and dtypes for none, one or many.

    Unknown is NA, never 0 or "". Fields of the API that we do not know become extra columns; links in them are
    cut, as in every text of the server.

    Returns
    -------
    pandas.DataFrame
        The columns of `SCHEMA` with its dtypes, then the unknown fields.

    Examples
    --------
    >>> frame = build_frame([Unread("image", "abc", "not found")])
    >>> frame.loc[0, "fetch_error"]
    'not found'
    >>> len(frame.columns) == len(SCHEMA)
    True
    """
    rows = [_row(item) for item in items]
    columns = {name: _column(name, [row.get(name) for row in rows]) for name in SCHEMA}
    extra = dict.fromkeys(name for row in rows for name in row if name not in SCHEMA)
    columns |= {name: pd.Series([row.get(name, pd.NA) for row in rows]) for name in extra}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def to_frame(rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> pd.DataFrame:
    """Build a frame of any schema from rows; a missing cell is NA."""
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in schema.items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def _row(item: Project | Unread) -> dict[str, Any]:
    if isinstance(item, Unread):
        error = None if item.fetch_error is None else redact(item.fetch_error)
        return {"kind": item.kind or None, "id": item.id or None, "fetch_error": error}
    row = {name: getattr(item, name) for name in _SAME_NAME}
    row |= {name: None if (text := getattr(item, name)) is None else redact(text) for name in _SERVERS_TEXT}
    row |= {
        "kind": item.kind,
        "expires_at": item.expires_at,
        "credits_settled": item.settled,
        "download_count": len(item.downloads),
        "error_code": item.error and redact(item.error.code),
        "error_message": item.error and item.error.message,
    }
    if isinstance(item, VideoProject):
        row |= _video_cells(item)
    else:
        row["image_count"] = getattr(item, "image_count", None)
    return row | _unknown_cells(item)


_SERVERS_TEXT = ("status", "id", "name", "type")  # any text of a server may hold a link
_SAME_NAME = ("created_at", "fetched_at", "enabled", "credits_charged")


def _video_cells(video: VideoProject) -> dict[str, Any]:
    return {
        "width": None if video.width == -1 else video.width,
        "height": None if video.height == -1 else video.height,
        "start_seconds": video.start_seconds,
        "end_seconds": video.end_seconds,
        "duration_seconds": video.duration_seconds,
        "fps": video.fps,
    }


def _unknown_cells(item: Project) -> dict[str, Any]:
    """Unknown fields; one that bears the name of a column of ours does not overwrite it."""
    return {redact(name): redact_all(value) for name, value in item.extra.items() if name not in SCHEMA}


def _column(name: str, values: list[Any]) -> Any:
    dtype = SCHEMA[name]
    if name == "status":  # an unknown status is kept
        new = dict.fromkeys(value for value in values if value is not None and value not in STATUSES)
        dtype = pd.CategoricalDtype([*STATUSES, *new])
    return pd.Series(values, dtype=dtype)
