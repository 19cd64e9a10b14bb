"""`History`: what a client writes down, and what is read from it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from mh_notebook.protocol.kinds import KINDS
from mh_notebook.protocol.models import Project
from mh_notebook.protocol.refs import Ref
from mh_notebook.transport.clock import Clock
from mh_notebook.worker import Worker

from .choosing import When, Which
from .database import Database, Row
from .durations import read_durations
from .files import COMPLETE, HASHED, SAVED
from .frame import read_frame
from .hashing import Look, look_at, read_sha256
from .observing import states_of, write_sights
from .schema import now_stamp, output_number
from .watching import OPEN, REMEMBER, Watching, read_unended


class History:
    """The history file, written by one thread of its own; any failure warns once and stops nothing.

    Parameters
    ----------
    path : Path
        The file; it and its directory are made.
    token : str, optional
        The key; kept as a salted fingerprint, to tell accounts apart. Without it, all accounts are read.
    clock : Clock, optional
        The client's: ages are counted by it.
    """

    def __init__(self, path: Path, token: str | None = None, clock: Clock | None = None) -> None:
        self.path = path
        self._clock = clock or Clock()
        self._watching = Watching()
        self.database = Database(path, token)
        self._hashing: Worker | None = None  # from the first file on
        self._making = threading.Lock()

    def remember(self, refs: Iterable[Ref]) -> Future[None]:
        """Write down that these projects exist, before anything is known about them."""
        now = now_stamp()
        return self.database.write(REMEMBER, [(self.database.account, *ref, now) for ref in refs if ref.kind])

    def observe(self, projects: Iterable[Project], gap: float | None = None) -> Future[None]:
        """Write down how these projects look now, and each change of status or credits.

        Parameters
        ----------
        gap : float, optional
            Seconds on the client's clock since the answer before, in which each change lies; None at first sight.
        """
        return self.database.submit(self._observe, list(projects), datetime.now(UTC), gap)

    def deleted(self, ref: Ref) -> Future[None]:
        """Write down that a project was deleted; what it cost stays known."""
        return self.database.write(_DELETED, [(now_stamp(), self.database.account, *ref)])

    def missing(self, ref: Ref) -> Future[None]:
        """Write down that the API does not know a project any more, until it answers again."""
        return self.database.write(_MISSING, [(now_stamp(), self.database.account, *ref)])

    def saved(self, ref: Ref, path: str, size: int, sha256: str | None, number: int | None = None) -> Future[None]:
        """Write down that an output was saved: which file, its bytes, its hash, the output's number.

        A hash that is not known yet is read from the file afterwards, on a thread of its own; done before that.
        """
        number = output_number(path) if number is None else number
        row = (self.database.account, *ref, path, size, sha256 or "", now_stamp(), number)
        written = self.database.write(SAVED, [row])
        if not sha256 and (look := look_at(path)) is not None:
            with suppress(RuntimeError):  # closed: a call that was cut short
                self._own_thread().submit(self._hash, path, look)
        return written

    def saved_sha256(self, path: str) -> Future[str | None]:
        """Return the hash of a file that was saved, None if we did not save it, "" if it is not read (yet)."""
        return self.database.first("SELECT sha256 FROM files WHERE path = ?", (path,))

    def kind_of(self, id_: str) -> Future[str | None]:
        """Return the kind under which an id was seen, None if it was not."""
        return self.database.first(_KIND_OF, (self.database.account, *KINDS, id_))

    def watching(self, directories: Mapping[Ref, Path | None]) -> Future[None]:
        """Write down that these projects exist and are watched, in order; each with the folder of its downloads."""
        return self.database.submit(self._watching.begin, self.database.account, dict(directories), now_stamp())

    def watched(self, refs: Sequence[Ref]) -> Future[None]:
        """Write down that a watch has ended."""
        return self.database.submit(self._watching.end, self.database.account, list(refs))

    def unended(self) -> Future[list[tuple[Ref, Path | None]] | None]:
        """Return what to watch again, oldest first, each once, with the folder it was to be downloaded to.

        All that had not ended and was not deleted, and what stood in a watch of the last 24 hours that did not end.
        """
        return self.database.submit(read_unended, self.database.account)

    def unfinished(self) -> list[Ref]:
        """Return the projects that had not ended when last seen and were not deleted, oldest first."""
        rows = self.database.rows(_UNFINISHED, (self.database.account,) * 2).result() or []
        return [Ref(kind, id_) for kind, id_ in rows]

    def durations(self) -> Future[dict[tuple[str, str], list[float]] | None]:
        """Return how long this account's projects took, for each (kind, type), newest last.

        Seconds of the client's clock from creation to completion, of the 200 newest of each whose end was sharply
        seen: within 3 s, or a fifth of their time.
        """
        return self.database.submit(read_durations, self.database.account)

    def complete(self) -> Future[list[Row] | None]:
        """Return all complete projects with their files, as `history.files` reads them."""
        return self.database.rows(COMPLETE, (self.database.account,))

    def frame(self, kind: Which = None, since: When = None, until: When = None, status: Which = None) -> pd.DataFrame:
        """Return what was seen, oldest first: see `mh_notebook.history`.

        Raises
        ------
        ConfigurationError
            There is no such kind or status, or a time cannot be read.
        """
        return read_frame(self.database, kind, since, until, status)

    def close(self) -> None:
        """Write what is left and end the threads. Closing twice is fine."""
        if self._hashing is not None:
            self._hashing.close()
        self.database.close()

    def let_go(self) -> None:
        """End the threads after what is left, and wait for nothing: safe where the garbage collector calls."""
        if self._hashing is not None:
            self._hashing.let_go(self.database.let_go)
        else:
            self.database.let_go()

    def _own_thread(self) -> Worker:
        """Return the thread that reads hashes: a large file must not keep all else waiting that is written."""
        with self._making:
            self._hashing = self._hashing or Worker("mh_notebook_hashing")
            return self._hashing

    def _hash(self, path: str, look: Look) -> None:
        if sha256 := read_sha256(path, look):
            self.database.write(HASHED, [(sha256, path)])

    def _observe(
        self, connection: sqlite3.Connection, projects: list[Project], seen_at: datetime, gap: float | None
    ) -> None:
        write_sights(connection, list(states_of(self.database.account, projects, seen_at, gap, self._clock)))


_SAME = "account = ? AND kind = ? AND id = ?"
_DELETED = f"UPDATE projects SET deleted_at = ? WHERE {_SAME}"  # noqa: S608 - of our own constants
_MISSING = f"UPDATE projects SET missing_at = ? WHERE {_SAME} AND missing_at IS NULL"  # noqa: S608 - as above
_KIND_OF = """
SELECT kind FROM projects WHERE account = ? AND kind IN (?, ?, ?) AND id = ? AND project IS NOT NULL
"""
_UNFINISHED = f"""
SELECT kind, id FROM projects WHERE (? = '' OR account = ?) AND {OPEN} ORDER BY first_seen_at, kind, id
"""  # noqa: S608 - of our own constants
