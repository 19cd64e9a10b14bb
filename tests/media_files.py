"""Media made for tests: noisy pictures that do not compress, sounds, films, and boxes by hand."""

import io
import os
import shutil
import struct
import subprocess
import wave

import pytest
from PIL import Image


def noise(width, height, form="PNG", **options):
    """Make a picture that no encoder makes small."""
    out = io.BytesIO()
    image = Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))
    image.save(out, form, **({"compress_level": 1} if form == "PNG" else options))
    return out.getvalue()


def plain(width, height, form="PNG", colour="#356"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, form)
    return out.getvalue()


def sound(seconds, rate=8000):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(int(seconds * rate) * 2))
    return out.getvalue()


def ffmpeg_path():
    """Return ffmpeg's path; without one the test is skipped, except where CI says that it must be there."""
    path = shutil.which("ffmpeg")
    if path is None:
        assert os.environ.get("MH_NOTEBOOK_REQUIRE_BROWSER") != "1", "there must be an ffmpeg here, and there is none"
        pytest.skip("no ffmpeg on this machine; CI has one and requires it")
    return path


def box(kind, *content):
    inner = b"".join(content)
    return struct.pack(">I4s", 8 + len(inner), kind) + inner


def film(codec=b"avc1", *, seconds=3, width=640, height=360, sound=b"", turned=False, long=False, fragments=0):
    """Make a film of an index alone: nothing in it can be decoded, everything can be read."""
    tracks = [track(b"vide", codec, width, height, turned)] if codec else []
    tracks += [track(b"soun", sound)] if sound else []
    units = 0 if fragments else seconds * 1000
    header = struct.pack(">BxxxQQIQ", 1, 0, 0, 1000, units) if long else struct.pack(">IIIII", 0, 0, 0, 1000, units)
    more = [box(b"mvex", box(b"mehd", struct.pack(">II", 0, fragments * 1000)))] if fragments else []
    index = box(b"moov", box(b"mvhd", header.ljust(100, b"\0")), *tracks, *more)
    return box(b"ftyp", b"isom\0\0\0\0") + index


def track(handler, codec, width=0, height=0, turned=False):
    matrix = (
        (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30) if turned else (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    )
    header = box(b"tkhd", bytes(40), struct.pack(">9i", *matrix), struct.pack(">II", width << 16, height << 16))
    entry = box(b"stsd", struct.pack(">II", 0, 1), box(codec, bytes(78)))
    media = box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12)), box(b"minf", box(b"stbl", entry)))
    return box(b"trak", header, media)


def encoded(path, *options, seconds=2, size="320x180"):
    """Encode a film with ffmpeg."""
    ffmpeg = ffmpeg_path()
    source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=12:duration={seconds}"]
    subprocess.run([ffmpeg, "-y", "-v", "error", *source, *options, str(path)], check=True, timeout=100)
    return path
