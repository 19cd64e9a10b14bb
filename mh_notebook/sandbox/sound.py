"""Short tunes, synthesised from plain arithmetic."""

from __future__ import annotations

import io
import math
import wave
from array import array
from random import Random

RATE = 16_000
_SCALE = (0, 2, 4, 7, 9, 12, 14, 16)
_STEP = 0.28
_NOTES = 6
_SECONDS = 2.6


def wav(key: str) -> bytes:
    """Return a mono WAV file of 2.6 seconds: a few plucked notes over a soft chord.

    Examples
    --------
    >>> wav("c1/1")[:4], wav("c1/1") == wav("c1/1")
    (b'RIFF', True)
    """
    samples = _tune(Random(key))
    peak = max(map(abs, samples))
    pcm = array("h", (int(sample / peak * 24_000) for sample in samples))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    return buffer.getvalue()


def _tune(rng: Random) -> list[float]:
    samples = [0.0] * int(RATE * _SECONDS)
    root = rng.choice((196.0, 220.0, 246.94, 261.63))
    for step in (0, 7, 16):
        _pluck(samples, 0.0, root * 2 ** (step / 12 - 1), strength=0.5, decay=1.1)
    for number in range(_NOTES):
        pitch = root * 2 ** (rng.choice(_SCALE) / 12)
        _pluck(samples, number * _STEP, pitch, strength=0.8, decay=3.2)
    return samples


def _pluck(samples: list[float], start: float, pitch: float, *, strength: float, decay: float) -> None:
    first, turn = int(start * RATE), 2 * math.pi * pitch / RATE
    last = len(samples) - first
    for index in range(last):
        seconds = index / RATE
        fade = min(1.0, seconds * 80) * min(1.0, (last - index) / (0.2 * RATE)) * math.exp(-decay * seconds)
        tone = math.sin(turn * index) + 0.35 * math.sin(2 * turn * index) + 0.12 * math.sin(3 * turn * index)
        samples[first + index] += strength * fade * tone
