"""What is to be previewed: the files behind a project, a path, bytes or a row of a frame, read once."""

from __future__ import annotations

import errno
import io
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast, runtime_checkable

from mh_notebook.protocol.errors import MissingFileError, NoMediaError
from mh_notebook.protocol.kinds import KINDS
from mh_notebook.protocol.models import TERMINAL
from mh_notebook.protocol.redaction import redact

from .wording import credits_text, shown, type_text

_SAVE_FIRST = "Pass client=client to save them first, or give what client.projects.download(refs) returns."


@runtime_checkable
class HasFiles(Protocol):
    """A project: what it is called, and where its files are on this machine."""

    @property
    def downloaded_paths(self) -> Sequence[str]: ...  # noqa: D102 - the name is the project's


class Source(NamedTuple):
    """One thing to show: a file or bytes, and what is known of it."""

    name: str  # what it is called; the file's name when nothing better is known
    path: str = ""  # as given
    content: bytes | None = None  # in place of a path
    facts: tuple[str, ...] = ()  # for the caption: type, credits
    problem: str = ""  # why there is nothing to show
    hint: str = ""

    def size(self) -> int:
        """Give the number of bytes; raises OSError."""
        return len(self.content) if self.content is not None else Path(self.path).expanduser().stat().st_size

    def open(self) -> BinaryIO:
        """Open it for reading; raises OSError, and ValueError for a path that cannot be one."""
        if self.content is not None:
            return io.BytesIO(self.content)
        path = Path(self.path).expanduser()
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe or a device may never end
            raise IsADirectoryError(errno.EISDIR, "it is not a file")
        return path.open("rb")

    def read(self) -> bytes:
        """Read all of it; raises OSError."""
        with self.open() as file:
            return file.read()


def sources(thing: object) -> list[Source]:
    """List what a thing holds to show: one source for each file.

    Raises
    ------
    MissingFileError
        A path was given, and there is no such file.
    NoMediaError
        Nothing of the kind can be previewed; also a TypeError.
    """
    if isinstance(thing, bytes | bytearray | memoryview):
        return [Source(name="bytes in memory", content=bytes(thing))]
    if isinstance(thing, str | Path):
        return [_direct(str(thing))]
    if hasattr(thing, "panel") and hasattr(thing, "projects"):  # a watch
        return sources(thing.projects)
    if isinstance(thing, HasFiles):
        return _of_project(thing)
    rows = _records(thing)
    if rows is not None:
        return [_of_row(row) for row in rows]
    if _is_ref(thing):
        raise NoMediaError("A ref or a frame of projects has no files yet.", hint=_SAVE_FIRST)
    if isinstance(thing, Iterable):
        return [source for item in thing for source in sources(item)]
    hint = "Give a project, a path, bytes, a watch, or a frame with a `path` column."
    raise NoMediaError(f"A {type(thing).__name__} holds nothing to show.", hint=hint)


def _is_ref(thing: object) -> bool:
    """See a (kind, id) pair, or a frame or row that knows projects but no files."""
    pair = isinstance(thing, tuple) and len(thing) == 2 and thing[0] in KINDS
    return pair or hasattr(thing, "to_dict") or isinstance(thing, Mapping)


def _direct(path: str) -> Source:
    if not Path(path).expanduser().exists():
        raise MissingFileError(f"There is no file {redact(path)!r}.", hint="Look at the path, or download it again.")
    return Source(name=Path(path).name, path=path)


def _of_project(project: HasFiles) -> list[Source]:
    facts = (type_text(str(getattr(project, "type", "") or "")), credits_text(_credits(project)))
    name = shown(str(getattr(project, "name", None) or getattr(project, "id", "") or "project"))
    if not project.downloaded_paths:
        problem, hint = _why_not(str(getattr(project, "status", "complete")))
        return [Source(name=name, facts=facts, problem=problem, hint=hint)]
    return [Source(name=name, path=str(path), facts=facts) for path in project.downloaded_paths]


def _why_not(status: str) -> tuple[str, str]:
    """Say why a project has no files on this machine, and what to do about it."""
    if status == "complete":
        return "not on this machine yet", "Fetch them with client.projects.download."
    if status in TERMINAL:
        return {"error": "its render failed", "canceled": "it was canceled"}.get(status, status), ""
    return f"it is {shown(status)}", "Wait for it: client.projects.watch."


def _credits(project: object) -> int | None:
    credits_ = getattr(project, "credits_charged", None)
    return credits_ if isinstance(credits_, int) else None


def _records(thing: object) -> list[Mapping[str, object]] | None:
    """See a frame, a row of one or a mapping as records; None for anything else, or one without `path`."""
    if isinstance(thing, Mapping):
        return [thing] if "path" in thing else None
    to_dict, columns = getattr(thing, "to_dict", None), getattr(thing, "columns", None)
    if to_dict is None or "path" not in (columns if columns is not None else getattr(thing, "index", ())):
        return None
    records = to_dict() if columns is None else to_dict("records")
    return cast("list[Mapping[str, object]]", [records] if columns is None else records)


def _of_row(row: Mapping[str, object]) -> Source:
    path = row["path"]
    name = _text(row.get("name")) or _text(row.get("id"))
    if not isinstance(path, str | Path) or not str(path):
        return Source(name=name or "row", problem="This row has no file.", hint=_text(row.get("error")))
    return Source(name=name or Path(path).name, path=str(path), facts=(type_text(_text(row.get("type"))),))


def _text(value: object) -> str:
    return shown(value) if isinstance(value, str) else ""
