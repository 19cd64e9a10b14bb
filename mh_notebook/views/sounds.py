"""How long a sound is, by what its file says: WAV, MP3, FLAC, Ogg."""

from __future__ import annotations

from collections.abc import Iterator

from mh_notebook.protocol.marks import is_mp3_frame

from .tracks import Damaged, Tracks, Window, little, number

_WAVES = {1: "pcm", 3: "pcm", 6: "a-law", 7: "mu-law"}
_EXTENSIBLE = 0xFFFE  # the format proper stands 24 bytes on
_RATES = (44_100, 48_000, 32_000)  # samples a second in MPEG 1; half of it in 2, a quarter in 2.5
_KILOBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_HALF_KILOBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_TAIL = 65_307  # the longest page of an Ogg file
_OPUS_RATE = 48_000


def wave(window: Window) -> Tracks:
    """Read a WAV file: bytes of sound over bytes a second."""
    codec, rate = "", 0
    for kind, start, size in _chunks(window):
        if kind == b"fmt ":
            header = window.peek(start, 40)
            form = little(header[24:26]) if little(header[:2]) == _EXTENSIBLE else little(header[:2])
            codec, rate = _WAVES.get(form, f"format {form:#06x}"), little(header[8:12])
        elif kind == b"data":
            here = min(size, window.size - start)  # a stream's header says 0xFFFFFFFF, or nothing at all
            return Tracks(seconds=here / rate if rate else 0.0, sound=codec)
    return Tracks(sound=codec)


def _chunks(window: Window) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    while at + 8 <= window.size:
        head = window.read(at, 8)
        size = little(head[4:8])
        yield head[:4], at + 8, size
        at += 8 + size + size % 2


def mpeg_audio(window: Window) -> Tracks:
    """Read an MP3 file: by the count of frames its first frame may hold, else by its bit rate."""
    start = _after_tag(window)
    frame = window.peek(start, 256)
    if not is_mp3_frame(frame):
        raise Damaged
    newest = frame[1] >> 3 & 3 == 3  # MPEG 1
    rate = _RATES[frame[2] >> 2 & 3] // (1 if newest else 2 if frame[1] >> 3 & 3 == 2 else 4)
    frames = _frame_count(frame)
    if frames:
        return Tracks(seconds=frames * (1152 if newest else 576) / rate, sound="mp3")
    kilobits = (_KILOBITS if newest else _HALF_KILOBITS)[frame[2] >> 4]
    return Tracks(seconds=(window.size - start) * 8 / (kilobits * 1000), sound="mp3")


def _after_tag(window: Window) -> int:
    """Find where the sound starts: after an ID3 tag, whose size has seven bits a byte."""
    head = window.peek(0, 10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame_count(frame: bytes) -> int:
    for mark, flagged, offset in ((b"Xing", True, 8), (b"Info", True, 8), (b"VBRI", False, 14)):
        at = frame.find(mark)
        if at >= 0 and (not flagged or (frame[at + 7 : at + 8] and frame[at + 7] & 1)):
            return number(frame[at + offset : at + offset + 4])
    return 0


def flac(window: Window) -> Tracks:
    """Read a FLAC file: its first block says how many samples there are."""
    content = window.read(18, 8)  # 20 bits of sampling rate, 8 of other things, 36 of samples
    rate, samples = number(content) >> 44, number(content) & ((1 << 36) - 1)
    return Tracks(seconds=samples / rate if rate else 0.0, sound="flac")


def ogg(window: Window) -> Tracks:
    """Read an Ogg file: the last page says which sample is the last."""
    head = window.peek(0, 128)
    codec, rate = "", 0
    if b"OpusHead" in head:
        codec, rate = "opus", _OPUS_RATE
    elif (at := head.find(b"\x01vorbis")) >= 0:
        codec, rate = "vorbis", little(head[at + 12 : at + 16])
    tail = window.peek(max(0, window.size - _TAIL), _TAIL)
    page = tail.rfind(b"OggS")
    last = little(tail[page + 6 : page + 14]) if page >= 0 else 0
    return Tracks(seconds=last / rate if rate and last < 1 << 62 else 0.0, sound=codec)
