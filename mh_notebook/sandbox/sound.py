"""Short tunes, synthesised from plain arithmetic."""

from __future__ import annotations

import io
import wave
from random import Random

import numpy as np
from numpy.typing import NDArray

from mh_notebook.sandbox.chance import chance

RATE = 16_000
_SCALE = (0, 2, 4, 7, 9, 12, 14, 16)
_STEP = 0.28
_NOTES = 6
_TIMES = np.arange(int(RATE * 2.6)) / RATE
_OVERTONES = ((1, 1.0), (2, 0.35), (3, 0.12))


def wav(key: str) -> bytes:
    """Return a mono WAV file of 2.6 seconds: a few plucked notes over a soft chord.

    Examples
    --------
    >>> wav("c1/1")[:4], wav("c1/1") == wav("c1/1")
    (b'RIFF', True)
    """
    samples = _tune(chance(key))
    pcm = (samples / np.abs(samples).max() * 24_000).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    return buffer.getvalue()


def _tune(rng: Random) -> NDArray[np.float64]:
    root = rng.choice((196.0, 220.0, 246.94, 261.63))
    chord = [_pluck(0.0, root * 2 ** (step / 12 - 1), 0.5, decay=1.1) for step in (0, 7, 16)]
    pitches = [root * 2 ** (rng.choice(_SCALE) / 12) for _ in range(_NOTES)]
    melody = [_pluck(number * _STEP, pitch, 0.8, decay=3.2) for number, pitch in enumerate(pitches)]
    ending = np.minimum(1.0, (_TIMES[-1] - _TIMES) * 5)
    return np.asarray(sum(chord + melody) * ending)


def _pluck(start: float, pitch: float, strength: float, *, decay: float) -> NDArray[np.float64]:
    seconds = np.maximum(_TIMES - start, 0.0)
    fade = np.minimum(1.0, seconds * 80) * np.exp(-decay * seconds)
    tones = [level * np.sin(2 * np.pi * pitch * times * seconds) for times, level in _OVERTONES]
    return np.asarray(strength * fade * sum(tones))
