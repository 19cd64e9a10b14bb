"""Frames of the fixed schema, made from as little as a test wants to say."""

import pandas as pd

from mh_notebook.frames import SCHEMA

HISTORY = {
    "queue_seconds": "Float64",
    "render_seconds": "Float64",
    "deleted_at": "datetime64[us, UTC]",
    "paths": object,
    "credits_refunded": "Int64",
    "credits_estimated": "Int64",
    "credits_changed_after": "Int64",
}
ENDS = ("complete", "error", "canceled")


def frame_of(*rows, history=()):
    """Build a frame: each row says what matters, the rest is an image of 5 credits, complete, of 1 October 2026.

    `history` names the columns of the history that the frame has besides.
    """
    filled = [filled_row(number, row) for number, row in enumerate(rows)]
    schema = {**SCHEMA, **{name: HISTORY[name] for name in history}}
    columns = {name: pd.Series([row.get(name) for row in filled], dtype=dtype) for name, dtype in schema.items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(filled)))


def filled_row(number, row):
    row = {"kind": "image", "id": f"p{number}", "type": "AI_IMAGE", "status": "complete", "credits_charged": 5, **row}
    at = pd.Timestamp(row.get("created_at", "2026-10-01T12:00Z"))
    row = {"fetched_at": at, "credits_settled": row["status"] in ENDS, **row}
    return {**row, "created_at": at}


def rows_of(table):
    """The cells of a table row by row, NA as None."""
    return [[None if pd.isna(cell) else cell for cell in row] for row in table.itertuples(index=False)]
