"""What was seen, as a frame."""

from __future__ import annotations

import msgspec
import pandas as pd

from mh_notebook.frames import Unread, build_frame
from mh_notebook.protocol.kinds import KINDS
from mh_notebook.protocol.models import Project

from .database import Database

_ALL = """
SELECT kind, id, project, first_seen_at, coalesce(deleted_at, CASE WHEN project IS NOT NULL THEN missing_at END)
FROM projects WHERE ? = '' OR account = ? ORDER BY first_seen_at, kind, id
"""


def read_frame(database: Database) -> pd.DataFrame:
    """Return all that was seen of the account, of all accounts without a key."""
    rows = database.rows(_ALL, (database.account,) * 2).result() or []
    frame = build_frame([_read(kind, id_, text) for kind, id_, text, _, _ in rows])
    for number, name in ((3, "first_seen_at"), (4, "deleted_at")):
        frame[name] = pd.to_datetime(pd.Series([row[number] for row in rows], dtype=object), utc=True)
        frame[name] = frame[name].astype("datetime64[us, UTC]")
    return frame


def _read(kind: str, id_: str, text: str | None) -> Project | Unread:
    if text is None:
        return Unread(kind, id_)
    try:
        return msgspec.json.decode(text, type=KINDS[kind].model)
    except msgspec.MsgspecError:  # one row that was spoilt does not hide the others
        return Unread(kind, id_, "The history's record of it cannot be read.")
