"""The hashes of saved files, read after the user has them: a large one takes as long as its download."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Look(NamedTuple):
    """What tells without reading a file whether it was changed."""

    inode: int
    size: int
    changed: int  # nanoseconds, by the file system's clock


def look_at(path: str) -> Look | None:
    """Look at a file that was just saved; None if it is gone already, or no plain file any more."""
    with suppress(OSError, ValueError):
        status = Path(path).lstat()
        return _look(status) if stat.S_ISREG(status.st_mode) else None
    return None


def read_sha256(path: str, saved: Look) -> str:
    """Read the hash of a file that was saved; "" if it was changed since, or is while it is read."""
    with suppress(OSError, ValueError), Path(path).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return sha256 if _look(os.fstat(file.fileno())) == saved else ""
    return ""


def _look(status: os.stat_result) -> Look:
    return Look(status.st_ino, status.st_size, status.st_mtime_ns)
