"""Projects into a DataFrame of one fixed schema, built by columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import pandas as pd

from .protocol.kinds import KINDS
from .protocol.models import STATUSES, Project
from .protocol.redaction import redact, redact_all


class Unread(msgspec.Struct, frozen=True):
    """A project about which nothing is known yet, or which could not be fetched: its row says why."""

    kind: str
    id: str
    fetch_error: str | None = None


Item = Project | Unread
Items = Sequence[Item]
Reader = Callable[[Items], list[Any]]
"""Reads one column's cells off all items; None is NA."""

_PANDAS_3 = int(pd.__version__.partition(".")[0]) >= 3
_TEXT: Any = "str" if _PANDAS_3 else pd.StringDtype()
_TIME = "datetime64[us, UTC]"


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
    rows = list(items)
    columns = {name: _column(name, _READERS[name](rows)) for name in SCHEMA}
    columns |= _unknown_columns(rows)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)), copy=False)


def to_frame(rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> pd.DataFrame:
    """Build a frame of any schema from rows; a missing cell is NA."""
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in schema.items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def _text(name: str) -> Reader:
    """Read a field that a server fills: any text of it may hold a link."""

    def read(items: Items) -> list[Any]:
        texts = [getattr(item, name, None) for item in items]
        return [redact(text) if text is not None and "://" in text else text for text in texts]

    return read


def _field(name: str) -> Reader:
    """Read a field as it is, where the item has it."""
    return lambda items: [getattr(item, name, None) for item in items]


def _size(name: str) -> Reader:
    """Read a width or height, whose -1 means unknown."""
    return lambda items: [None if (size := getattr(item, name, None)) == -1 else size for item in items]


def _named(name: str) -> Reader:
    """Read what names an item; an empty name is none."""
    return lambda items: [text or (None if isinstance(item, Unread) else text) for text, item in _with(name, items)]


def _with(name: str, items: Items) -> Iterable[tuple[Any, Item]]:
    return zip(_text(name)(items), items, strict=True)


def _of_error(name: str) -> Reader:
    """Read a field of the error of those that failed."""
    errors = _field("error")
    return lambda items: [None if error is None else redact(getattr(error, name)) for error in errors(items)]


def _fetch_errors(items: Items) -> list[Any]:
    errors = (item.fetch_error if isinstance(item, Unread) else None for item in items)
    return [None if error is None else redact(error) for error in errors]


def _download_counts(items: Items) -> list[Any]:
    return [None if isinstance(item, Unread) else len(item.downloads) for item in items]


_READERS: dict[str, Reader] = {name: _field(name) for name in SCHEMA} | {
    "kind": lambda items: [item.kind or None for item in items],
    "id": _named("id"),
    "name": _text("name"),
    "status": _text("status"),
    "type": _text("type"),
    "credits_settled": _field("settled"),
    "width": _size("width"),
    "height": _size("height"),
    "download_count": _download_counts,
    "error_code": _of_error("code"),
    "error_message": _of_error("message"),
    "fetch_error": _fetch_errors,
}


def _unknown_columns(items: Items) -> dict[str, Any]:
    """Unknown fields; one that bears the name of a column of ours does not overwrite it."""
    cells: dict[str, list[Any]] = {}
    for row, item in enumerate(items):
        for name, value in (getattr(item, "extra", None) or {}).items():
            if name not in SCHEMA:
                column = cells.setdefault(redact(name), [pd.NA] * len(items))
                column[row] = redact_all(value)
    return {name: pd.Series(values) for name, values in cells.items()}


def _column(name: str, values: list[Any]) -> Any:
    dtype = SCHEMA[name]
    if name == "status":  # an unknown status is kept
        new = dict.fromkeys(value for value in values if value is not None and value not in STATUSES)
        dtype = pd.CategoricalDtype([*STATUSES, *new])
    return pd.Series(values, dtype=dtype)
