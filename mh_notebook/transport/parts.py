"""A file in the making: `<stem>.<random>.part`, kept whole under its final name or not at all.

Beside it, `<stem>.<random>.meta.part` holds what it takes to go on after the process was killed: the whole size and
the validator. A lock says that somebody is at work on it; a part without one is anybody's to go on with.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Self

from mh_notebook.protocol.errors import DownloadError
from mh_notebook.protocol.marks import HEAD
from mh_notebook.protocol.resuming import Begin, Have
from mh_notebook.transport.locking import try_lock


class Part:
    """A part that this process alone is at work on. Every method blocks: call them in a thread."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path, self._file = path, file
        self._notes = path.with_name(path.name.removesuffix("part") + "meta.part")
        self.head = b""
        self.size = 0
        self.have = Have()

    @classmethod
    def claim(cls, directory: Path, stem: str) -> Self:
        """Take over a part of this output that nobody is at work on, else begin one."""
        for path in _parts(directory, stem):
            if (file := _open_locked(path)) is not None:
                return cls(path, file)._take_over()
        while True:
            path = directory / f"{stem}.{secrets.token_hex(4)}.part"
            file = path.open("x+b", buffering=0)
            if try_lock(file):  # else another process took it over between its birth and this line
                return cls(path, file)
            file.close()

    def sha256(self) -> str:
        """Read the bytes so far anew and return their hash, hexadecimal."""
        self._file.seek(0)
        return hashlib.file_digest(self._file, "sha256").hexdigest()

    def begin(self, begin: Begin) -> None:
        """Make ready for the bytes of an answer: cut what does not go with it, check the space, note what it is.

        Raises
        ------
        DownloadError
            There is too little space.
        """
        if begin.start != self.size:
            self.restart()
        free = shutil.disk_usage(self.path.parent).free
        if begin.total is not None and begin.total - self.size > free:
            need = begin.total - self.size
            raise DownloadError(
                f"Could not save {self.path.parent / self.path.name.split('.')[0]}: the disk has {free:,} bytes free, "
                f"and {need:,} more are needed.",
                hint="Free some space, or choose another download_directory=.",
            )
        self.have = Have(self.size, begin.total, begin.validator)
        if begin.validator and begin.total is not None:
            notes = json.dumps({"total": begin.total, "validator": begin.validator})
            self._notes.write_text(notes, encoding="utf-8")

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append bytes that came in pieces."""
        for piece in pieces:
            self.head = self.head if len(self.head) >= HEAD else (self.head + piece[:HEAD])[:HEAD]
            view = memoryview(piece)
            while view:
                written = self._file.write(view)
                self.size, view = self.size + written, view[written:]

    def keep(self, ending: str) -> Path:
        """Flush to the disk and give the file its final name; never over a file that is there.

        Raises
        ------
        OSError
            The disk said no; FileExistsError where another file bears the name.
        """
        target = self.path.with_name(self._stem + ending)
        os.fsync(self._file.fileno())
        try:
            os.link(self.path, target)  # unlike a rename, it fails where a file is
        except FileExistsError:
            if target.is_symlink() or not target.is_file() or _sha256(target) != self.sha256():
                raise
        except OSError:  # a file system without hard links
            if target.exists():
                raise FileExistsError(errno.EEXIST, "exists") from None
            self.path.rename(target)
        _fsync_directory(target.parent)
        self.discard()
        return target

    def release(self) -> None:
        """Let go of it, for somebody to go on with where that is possible; else remove it."""
        if self.size and self._notes.exists():
            self._file.close()
        else:
            self.discard()

    def discard(self) -> None:
        """Remove what there is of it; fine if there is nothing."""
        if os.name == "nt":  # where an open file cannot be removed; elsewhere it is ours until it is gone
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)
        self._file.close()

    @property
    def _stem(self) -> str:
        return self.path.name.rpartition(".part")[0].rpartition(".")[0]

    def _take_over(self) -> Self:
        """Read what another left: how far it came, and of what."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            notes = json.loads(self._notes.read_text(encoding="utf-8"))
            total, validator = int(notes["total"]), str(notes["validator"])
            if self.path.stat().st_size <= total and validator.isascii() and validator.isprintable():
                self.head = self._file.read(HEAD)
                self.size = self._file.seek(0, os.SEEK_END)
                self.have = Have(self.size, total, validator)
                return self
        self.restart()
        return self

    def restart(self) -> None:
        """Throw away the bytes so far, and begin again."""
        self._file.seek(0)
        self._file.truncate()
        self._notes.unlink(missing_ok=True)
        self.size, self.head, self.have = 0, b"", Have()


def clear_parts(directory: Path, stem: str) -> None:
    """Remove the parts of an output that is whole now, but for those that somebody is at work on."""
    for path in _parts(directory, stem):
        if (file := _open_locked(path)) is not None:
            Part(path, file).discard()


def _parts(directory: Path, stem: str) -> list[Path]:
    name = re.compile(rf"{re.escape(stem)}\.[0-9a-f]{{8}}\.part")
    of_it = [found for found in os.listdir(directory) if found.startswith(stem)]  # noqa: PTH208 - as quick as can be
    return [directory / found for found in sorted(of_it) if name.fullmatch(found)]


def _open_locked(path: Path) -> FileIO | None:
    """Open a part and lock it; None if somebody is at work on it, or has just finished with it.

    One that has its final name already, as after a kill just then, only loses this one: the file is the user's.
    """
    try:
        file = path.open("r+b", buffering=0)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        if try_lock(file) and os.path.samestat(os.fstat(file.fileno()), path.lstat()):
            if os.fstat(file.fileno()).st_nlink == 1:  # only now: whoever had the lock may have named it meanwhile
                return file
            Part(path, file).discard()
    file.close()
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fsync_directory(directory: Path) -> None:
    """Make a new name last through a power cut, where the system lets a directory be flushed."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
