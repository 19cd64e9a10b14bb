"""Maintainers' script: draws and encodes the films and tunes kept in `media/`.

Run it with `python -m mh_notebook.sandbox.make_media` where ffmpeg is on the PATH. Users never need it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mh_notebook.sandbox.media import VARIANTS
from mh_notebook.sandbox.scene import landscape
from mh_notebook.sandbox.sound import wav

FRAMES_PER_SECOND = 12
SECONDS = 3
_SIZES = {"wide": (480, 270), "tall": (270, 480)}
_KEYS: Mapping[str, str] = {"wide-1": "film/20", "wide-2": "film/3", "tall-1": "film/9"}
_CODECS: Mapping[str, str] = {
    # Baseline, 4:2:0 and the index in front: what every browser plays at once.
    "mp4": "-c:v libx264 -profile:v baseline -pix_fmt yuv420p -preset veryslow -crf 33 -movflags +faststart",
    "webm": "-c:v libvpx-vp9 -pix_fmt yuv420p -crf 46 -b:v 0 -g 60",
    "mp3": "-c:a libmp3lame -b:a 32k -ac 1",
}


def make_all(folder: Path) -> list[Path]:
    """Make every stored file in a folder and return their paths."""
    return [make(folder / f"{name}.{media}") for media, names in VARIANTS.items() for name in names]


def make(target: Path) -> Path:
    """Make one stored file; its name says which."""
    media = target.suffix.removeprefix(".")
    with TemporaryDirectory() as scratch:
        source = _tune(Path(scratch), target.stem) if media == "mp3" else _film(Path(scratch), target.stem)
        # Without encoder tags and dates the same frames always give the same bytes.
        clean = "-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
        options = f"{_CODECS[media]} {clean}".split()
        command = ("ffmpeg", "-y", "-loglevel", "error", *source, *options, str(target))
        subprocess.run(command, check=True)  # noqa: S603  a fixed command of our own
    return target


def _film(scratch: Path, name: str) -> tuple[str, ...]:
    width, height = _SIZES[name.partition("-")[0]]
    count = FRAMES_PER_SECOND * SECONDS
    for number in range(count):
        frame = landscape(_KEYS[name], width, height, number / count)
        frame.save(scratch / f"{number:03}.png")
    return "-framerate", str(FRAMES_PER_SECOND), "-i", str(scratch / "%03d.png")


def _tune(scratch: Path, name: str) -> tuple[str, ...]:
    source = scratch / "tune.wav"
    source.write_bytes(wav(f"tune/{name}"))
    return "-i", str(source)


if __name__ == "__main__":
    make_all(Path(__file__).with_name("media"))
