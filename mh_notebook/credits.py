"""From frames to credit numbers that add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from .protocol.errors import ConfigurationError


def summary(frame: pd.DataFrame, by: str | Sequence[str] = "kind") -> pd.DataFrame:
    """Sum up credits by any columns, with a row for the total.

    A project that stands in several rows counts once, as last fetched. A row that could not be fetched counts
    nowhere.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema.
    by : str or sequence of str
        Columns to group by.

    Returns
    -------
    pandas.DataFrame
        By group, and `total` last: projects, settled, estimated and total (all Int64; credits). Settled plus
        estimated is total, and each column's rows add up to its total exactly.

    Raises
    ------
    ConfigurationError
        The frame has no such column, or none was named.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> from mh_notebook import credits
    >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
    ...     table = credits.summary(client.projects.frame(sandbox.refs))
    >>> int(table.loc["total", "total"]) == int(table["total"].iloc[:-1].sum())
    True
    """
    columns = _columns(frame, by)
    known = distinct(frame)
    settled = known["credits_settled"].fillna(False).astype(bool)
    parts = known[columns].assign(
        projects=1,
        settled=known["credits_charged"].where(settled, 0),
        estimated=known["credits_charged"].where(~settled, 0),
        total=known["credits_charged"],
    )
    sums = parts.groupby(columns, observed=True, dropna=False)[list(_SUMS)].sum().astype("Int64")
    return pd.concat([sums, _total_row(sums)])


def total(frame: pd.DataFrame) -> int:
    """Sum of credits charged, each project once; estimates included.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> total(build_frame([]))
    0
    """
    return int(distinct(frame)["credits_charged"].sum())


def distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """Return each project once, as last fetched, without the rows that know no credits."""
    known = frame[frame["credits_charged"].notna()]
    return known.sort_values("fetched_at", kind="stable").drop_duplicates(["kind", "id"], keep="last").sort_index()


_SUMS = ("projects", "settled", "estimated", "total")


def _columns(frame: pd.DataFrame, by: str | Sequence[str]) -> list[str]:
    columns = [by] if isinstance(by, str) else list(by)
    missing = [name for name in columns if name not in frame.columns]
    if missing or not columns:
        what = f"This frame has no column {missing[0]!r}." if missing else "No column to group by was named."
        raise ConfigurationError(what, hint='Such as by="kind" or by=["kind", "status"].')
    return columns


def _total_row(sums: pd.DataFrame) -> pd.DataFrame:
    levels = sums.index.nlevels
    index: pd.Index[Any] = pd.Index(["total"], name=sums.index.name)
    if levels > 1:
        index = pd.MultiIndex.from_tuples([("total", *[""] * (levels - 1))], names=sums.index.names)
    return pd.DataFrame([sums.sum()], index=index).astype("Int64")
