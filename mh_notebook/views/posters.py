"""A still picture of a video, where a decoder is there: PyAV, else an ffmpeg on the PATH. Neither is needed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .files import Source
from .kinds_of_media import Media
from .pictures import BrokenPictureError, Picture, fit
from .tracks import Tracks

POSTER = 48 * 1024  # bytes of one poster
PATIENCE = 5.0  # seconds for one video
ALL = 12.0  # seconds for all the videos of one gallery
_MOMENT = 0.1  # of a video: its first frame is often black
_LATEST = 1.0  # second into it, so that little is decoded
_LARGEST = 4 * 1024 * 1024  # bytes that a decoder may write
_MEMORY = 512 * 1024 * 1024  # bytes that one allocation of a decoder may have
_IN_MEMORY = 64 * 1024 * 1024  # bytes given as such that are written to a file for the decoder
_DEMUXERS = {"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska"}
_SCALED = "scale=w=640:h=640:force_original_aspect_ratio=decrease:force_divisible_by=2"


class Posters:
    """Makes posters until its time is over; what is broken, hostile or late has none.

    Parameters
    ----------
    seconds
        For all of them together.
    """

    def __init__(self, seconds: float = ALL) -> None:
        self._left = seconds

    def of(self, source: Source, media: Media, tracks: Tracks, budget: int) -> Picture | None:
        """Give a JPEG of at most `budget` bytes and 48 KiB, None without a decoder or a frame."""
        demuxer = _DEMUXERS.get(media.mime)
        if demuxer is None or self._left <= 0:
            return None
        started = time.monotonic()
        try:
            return fit(_frame(source, demuxer, tracks, min(PATIENCE, self._left)), min(budget, POSTER))
        except (OSError, ValueError, subprocess.SubprocessError, BrokenPictureError):
            return None
        finally:
            self._left -= time.monotonic() - started


def _frame(source: Source, demuxer: str, tracks: Tracks, patience: float) -> bytes:
    """Decode one frame into a JPEG, b"" where no decoder can."""
    moment = min(_LATEST, _MOMENT * tracks.seconds)
    with tempfile.TemporaryDirectory(prefix="mh_notebook_") as scratch:
        path, target = _path(source, Path(scratch)), Path(scratch) / "frame.jpg"
        for command in _commands(str(path), demuxer, f"{moment:.3f}", str(target)):
            _run(command, patience)
            if target.exists() and 0 < target.stat().st_size <= _LARGEST:
                return target.read_bytes()
    return b""


def _path(source: Source, scratch: Path) -> Path:
    """Give the absolute path of a source: no name that begins with "-" or "http:" reaches a decoder."""
    if source.content is None:
        return Path(source.path).expanduser().resolve()
    if len(source.content) > _IN_MEMORY:
        raise ValueError
    path = scratch / "video"
    path.write_bytes(source.content)
    return path


def _commands(path: str, demuxer: str, moment: str, target: str) -> list[list[str]]:
    """List the decoders that are here; each opens files alone, as the container that the first bytes tell of."""
    commands = []
    if importlib.util.find_spec("av") and sys.executable:
        program = str(Path(__file__).with_name("one_frame.py"))
        commands.append([sys.executable, "-P", program, path, demuxer, moment, target])
    if ffmpeg := shutil.which("ffmpeg"):
        guarded = ["-nostdin", "-loglevel", "quiet", "-max_alloc", str(_MEMORY), "-protocol_whitelist", "file"]
        opened = ["-threads", "1", "-max_pixels", "100000000", "-f", demuxer, "-ss", moment, "-i", f"file:{path}"]
        written = ["-map", "0:v:0", "-frames:v", "1", "-vf", _SCALED, "-q:v", "4", "-fs", str(_LARGEST)]
        commands.append([ffmpeg, *guarded, *opened, *written, "-c:v", "mjpeg", "-f", "image2", "-update", "1", target])
    return commands


def _run(command: list[str], patience: float) -> None:
    silent = subprocess.DEVNULL
    subprocess.run(  # noqa: S603 - a command of our own; the path in it is one argument, absolute
        command, stdin=silent, stdout=silent, stderr=silent, timeout=patience, check=False
    )
