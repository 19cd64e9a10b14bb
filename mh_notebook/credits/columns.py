"""What a frame must have before it is counted, and its columns in the types that counting needs."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import pandas as pd

from mh_notebook.protocol.errors import ConfigurationError

By = str | Sequence[str]


def need(frame: pd.DataFrame, *names: str) -> None:
    """Raise ConfigurationError, which names them, where a frame lacks columns.

    Examples
    --------
    >>> need(pd.DataFrame({"id": ["a"]}), "id", "kind")
    Traceback (most recent call last):
    mh_notebook.protocol.errors.ConfigurationError: This frame has no column 'kind'. ...
    """
    if not isinstance(frame, pd.DataFrame):
        raise ConfigurationError(f"Credits are counted in a DataFrame, not in {type(frame).__name__}.", hint=_SOURCES)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        listed = ", ".join(repr(name) for name in missing)
        raise ConfigurationError(f"This frame has no column {listed}.", hint=_SOURCES)


_SOURCES = "Frames made by client.projects.frame(...), and mh.history(), have every column of the schema."


def group_columns(frame: pd.DataFrame, by: By) -> list[str]:
    """List the columns to group by, each once; raise ConfigurationError for none or for one that is not there."""
    columns = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    missing = [name for name in columns if name not in frame.columns]
    if missing or not columns:
        what = f"This frame has no column {missing[0]!r}." if missing else "No column to group by was named."
        raise ConfigurationError(what, hint='Such as by="kind" or by=["kind", "status"].')
    return columns


def group_keys(frame: pd.DataFrame, columns: Sequence[str]) -> list[pd.Series[Any]]:
    """Give the columns to group by; raise ConfigurationError where a column holds lists or mappings."""
    keys = [frame[name] for name in columns]
    for key in keys:
        try:
            pd.factorize(key)
        except TypeError:
            hint = "Turn them into text first: frame[column].astype(str)."
            raise ConfigurationError(f"The values of {key.name!r} cannot be grouped by.", hint=hint) from None
    return keys


def sortable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column whose groups are sorted: Arrow's own categories cannot be, so they become plain values."""
    arrows = isinstance(column.dtype, pd.ArrowDtype) and column.dtype.type is pd.CategoricalDtype.type
    return column.astype(object) if arrows else column


def integers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column as Int64: what a file or `concat` made object or float is whole again."""
    return column.astype("Int64")


def flags(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column as bool; unknown is False."""
    return column.astype("boolean").fillna(False).astype(bool)


def moments(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column as datetime64[us, UTC]."""
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        column = pd.to_datetime(column, utc=True)
    utc: pd.Series[Any] = column.dt.tz_convert("UTC").dt.as_unit("us")
    return utc


def read_paths(cell: Any) -> tuple[str, ...]:
    """Read a cell of `paths`: a tuple of ours, the list that JSON or Parquet makes of it, or the text that CSV makes.

    Examples
    --------
    >>> read_paths(("/a.png",)), read_paths("('/a.png',)"), read_paths(None)
    (('/a.png',), ('/a.png',), ())
    """
    if isinstance(cell, str):
        try:
            cell = ast.literal_eval(cell)
        except (ValueError, SyntaxError):  # a path as it is
            cell = (cell,) if cell.strip() else ()
    return tuple(map(str, cell)) if hasattr(cell, "__len__") else ()


def whole(credits: object) -> int:
    """Read a number of credits, numpy's whole numbers too; raise ConfigurationError for anything else.

    Examples
    --------
    >>> whole(12_000)
    12000
    """
    index = getattr(credits, "__index__", None)
    if index is None or isinstance(credits, bool):
        raise ConfigurationError(f"Credits are whole numbers, not {credits!r}.")
    return int(index())
