"""A lock on an open file that ends with its process, however that ends."""

from __future__ import annotations

import sys
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    _FAR = 2**62  # past any file's end: Windows' locks forbid others to read what is locked

    def try_lock(file: BinaryIO) -> bool:
        """Take the lock if nobody has it; say whether we have it now."""
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(file: BinaryIO) -> bool:
        """Take the lock if nobody has it; say whether we have it now."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
