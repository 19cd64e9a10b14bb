"""Files on disk: a part beside the target while bytes come, and its final name only once it is whole."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from pathlib import Path

from mh_notebook.protocol.errors import DownloadError
from mh_notebook.protocol.naming import EXTENSIONS

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota is used up",
    errno.EACCES: "the folder may not be written to",
    errno.EPERM: "the folder may not be written to",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "the folder has vanished",
    errno.ENOTDIR: "a file stands where the folder should be",
    errno.EEXIST: "a file of that name is there already, and it is not this one",
    errno.ENAMETOOLONG: "the name is too long for this disk",
}


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
    """Return the file that an output was saved as before, whatever its ending."""
    candidates = (directory / f"{stem}{ending}" for ending in (*dict.fromkeys(EXTENSIONS.values()), ".bin"))
    return next((path for path in candidates if path.is_file() and not path.is_symlink()), None)


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Part:
    """A file in the making, `<stem>.<random>.part`: kept whole or not at all.

    Every method blocks: call them in a thread.
    """

    def __init__(self, directory: Path, stem: str) -> None:
        self._directory, self._stem = directory, stem
        self.path = directory / f"{stem}.{secrets.token_hex(4)}.part"
        self._file = self.path.open("xb")
        self._hash = hashlib.sha256()
        self.size = 0
        self.head = b""

    @property
    def sha256(self) -> str:
        """Of the bytes so far, hexadecimal."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)
        if len(self.head) < 16:
            self.head = (self.head + chunk[:16])[:16]

    def keep(self, ending: str) -> Path:
        """Flush to the disk and give the file its final name; never over a file that is there."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        target = self._directory / f"{self._stem}{ending}"
        try:
            os.link(self.path, target)  # unlike a rename, it fails where a file is
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if target.exists():
                raise FileExistsError(errno.EEXIST, "exists") from None
            self.path.rename(target)
        self.discard()
        return target

    def discard(self) -> None:
        """Remove what there is of it; fine if there is nothing."""
        self._file.close()
        self.path.unlink(missing_ok=True)
