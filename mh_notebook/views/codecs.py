"""Which codecs browsers play, and what the others are called: a table."""

from __future__ import annotations

from .kinds_of_media import Media
from .tracks import Tracks

_PLAYED = frozenset(  # "" says nothing against it; by Chromium, Firefox and Safari, each in its newest release
    {"", "avc1", "avc3", "vp08", "vp09", "av01", "V_VP8", "V_VP9", "V_AV1"}
    | {"mp4a", "Opus", "fLaC", ".mp3", "A_OPUS", "A_VORBIS"}
    | {"pcm", "a-law", "mu-law", "mp3", "flac", "opus", "vorbis"}
)
_NAMES = {
    "hvc1": "HEVC (H.265)",
    "hev1": "HEVC (H.265)",
    "dvh1": "Dolby Vision",
    "dvhe": "Dolby Vision",
    "V_MPEGH/ISO/HEVC": "HEVC (H.265)",
    "mp4v": "MPEG-4 part 2",
    "s263": "H.263",
    "jpeg": "Motion JPEG",
    "mjpa": "Motion JPEG",
    "mjpb": "Motion JPEG",
    "encv": "encrypted",
    "enca": "encrypted",
    "ac-3": "AC-3",
    "ec-3": "E-AC-3",
    "alac": "Apple Lossless",
    "lpcm": "uncompressed",
    "sowt": "uncompressed",
    "twos": "uncompressed",
}
_PRORES = ("apch", "apcn", "apcs", "apco", "ap4h", "ap4x", "aprn", "aprh")


def unplayed(media: Media, tracks: Tracks) -> str:
    """Say in a sentence why browsers do not play this; "" where they do, or nothing is known against it.

    Examples
    --------
    >>> from .kinds_of_media import MP4
    >>> unplayed(MP4, Tracks(video="hvc1", sound="mp4a"))
    'HEVC (H.265) video: most browsers do not play it.'
    >>> unplayed(MP4, Tracks(video="avc1"))
    ''
    """
    if media.player not in ("video", "audio"):
        return ""
    if tracks.form and tracks.form != "webm":
        return _sentence("Matroska video" if tracks.form == "matroska" else "Video in a container unknown here")
    seen = bool(tracks.video) and media.player == "video"  # a sound may carry its cover as a track
    codec = tracks.video if seen else tracks.sound
    return _sentence(f"{codec_name(codec)} {'video' if seen else 'sound'}") if codec not in _PLAYED else ""


def silent(tracks: Tracks) -> str:
    """Say that a video plays without its sound, "" where it has none or it is played."""
    if not tracks.video or tracks.sound in _PLAYED:
        return ""
    return f"its {codec_name(tracks.sound)} sound is not played by most browsers"


def codec_name(codec: str) -> str:
    """Name a codec for people, by its code where it is not known: "HEVC (H.265)", '"xyz1"'."""
    if codec in _PRORES:
        return "ProRes"
    return _NAMES.get(codec) or f'"{codec[:24]}"'


def _sentence(what: str) -> str:
    return f"{what[:1].upper()}{what[1:]}: most browsers do not play it."
