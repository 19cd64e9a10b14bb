"""One file looked at: what it is, and why it cannot be shown when it cannot."""

from __future__ import annotations

from typing import NamedTuple

from .codecs import unplayed
from .containers import look
from .files import Source
from .kinds_of_media import HEAD, MOV, MP4, UNKNOWN, WEBM, Media, sniff
from .tracks import Tracks

_SOUND_ALONE = {
    "video/mp4": MP4._replace(mime="audio/mp4", player="audio"),
    "video/quicktime": MOV._replace(mime="audio/mp4", player="audio"),
    "video/webm": WEBM._replace(mime="audio/webm", player="audio"),
}
_NOTHING = "not a picture, sound or video that a browser plays"


class Seen(NamedTuple):
    """A source, what its bytes say, and what is wrong with it ("" for nothing)."""

    source: Source
    media: Media = UNKNOWN
    size: int = 0  # bytes
    tracks: Tracks = Tracks()
    problem: str = ""
    hint: str = ""
    readable: bool = True  # whether what is wrong left the file readable


def see(source: Source) -> Seen:
    """Look at a source; whatever is wrong with it is said, nothing is raised."""
    if source.problem:
        return Seen(source, problem=source.problem, hint=source.hint, readable=False)
    try:
        return _looked_at(source)
    except FileNotFoundError:
        return Seen(source, problem="the file is gone", hint="Download the project again.", readable=False)
    except (OSError, ValueError) as problem:  # ValueError: a NUL in a path
        return Seen(source, problem=f"cannot be read: {reason(problem)}", readable=False)


def _looked_at(source: Source) -> Seen:
    with source.open() as file:
        size, media = source.size(), sniff(file.read(HEAD))
        tracks = look(file, size, media)
    if tracks.sound and not tracks.video:
        media = _SOUND_ALONE.get(media.mime, media)
    if tracks.form == "matroska":
        media = media._replace(name="Matroska")
    problem = unplayed(media, tracks) if media.player else _NOTHING
    return Seen(source, media, size, tracks, problem)


def reason(problem: OSError | ValueError) -> str:
    """Say what the system said, without the path."""
    return str(getattr(problem, "strerror", None) or problem)
