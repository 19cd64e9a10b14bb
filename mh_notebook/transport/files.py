"""Folders and finished files, and what the disk says in the user's words."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec

from mh_notebook.protocol.errors import DownloadError, UnsafeDownloadError
from mh_notebook.protocol.marks import HEAD
from mh_notebook.protocol.naming import EXTENSIONS, media_type_of

P = ParamSpec("P")
T = TypeVar("T")

_ENDINGS = (*dict.fromkeys(EXTENSIONS.values()), ".bin")
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota is used up",
    errno.EFBIG: "the file is larger than may be written here",
    errno.EACCES: "the folder may not be written to",
    errno.EPERM: "the folder may not be written to",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "the folder has vanished",
    errno.ENOTDIR: "a file stands where the folder should be",
    errno.EEXIST: "a file of that name is there already, and it is not this one",
    errno.ENAMETOOLONG: "the name is too long for this disk",
}


class SavedFile(msgspec.Struct, frozen=True):
    """A file on this machine.

    Size in bytes, SHA-256 in hexadecimal (None: not read), seconds it took (0 if it was there).
    """

    path: str
    bytes: int
    sha256: str | None
    media_type: str | None
    seconds: float


async def on_disk(target: Path, work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Do file work in a thread. What the disk refuses is told apart from what the network does.

    Who is cancelled meanwhile goes on when the work has ended: nobody else may touch the file before.

    Raises
    ------
    DownloadError
        The disk refused; says which file, and why.
    """
    try:
        return await _to_its_end(asyncio.to_thread(work, *arguments, **options))
    except OSError as error:
        raise disk_error(error, target) from None
    except ValueError:
        raise DownloadError("The path of the folder holds a character that no path has.") from None


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise


def disk_error(error: OSError, target: Path) -> DownloadError:
    """Make the error for a file that could not be written."""
    reason = _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
    return DownloadError(f"Could not save {target}: {reason}.", hint="Choose another download_directory=.")


def make_directory(directory: Path) -> None:
    """Make a folder and those above it; raises DownloadError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "a file stands there" if directory.is_file() else _REASONS.get(error.errno or 0, str(error.strerror))
        raise DownloadError(
            f"Could not make the folder {directory}: {reason}.", hint="Choose another download_directory=."
        ) from None


def existing_output(directory: Path, stem: str) -> Path | None:
    """Return the file that an output was saved as before, whatever its ending.

    Raises
    ------
    UnsafeDownloadError
        A symbolic link bears its name: nobody knows what is at the other end.
    """
    for name in (f"{stem}{ending}" for ending in _ENDINGS):
        try:
            mode = os.lstat(os.path.join(directory, name)).st_mode  # noqa: PTH118 - a tenth of a Path's time
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISLNK(mode):
            raise UnsafeDownloadError(
                f"Refused to save {directory / name}: a symbolic link of that name is there.",
                hint="Remove it, then try again.",
            )
        if stat.S_ISREG(mode):
            return directory / name
    return None


def read_saved(path: Path) -> SavedFile:
    """Read what a file on disk is: all of it, for its hash."""
    return read_saved_and_head(path, 0)[0]


def read_saved_and_head(path: Path, count: int) -> tuple[SavedFile, bytes]:
    """Read what a file on disk is, and its first bytes: opened once, so that both are of one file."""
    with path.open("rb") as file:
        head = file.read(max(count, HEAD))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return SavedFile(str(path), file.tell(), digest, media_type_of(head[:HEAD]), 0.0), head[:count]


def foreign_file(path: Path, why: str) -> DownloadError:
    """Make the error for a file that bears an output's name and is not that output."""
    return DownloadError(
        f"{path} is there already, and {why}: it is left as it is.",
        hint="Move it away, or choose another download_directory=.",
    )
