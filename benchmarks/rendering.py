"""A sandbox of renders in a process of its own: what is watched, and what the sandbox's own rate is taken from.

Run as `python -m benchmarks.rendering PORT COUNT DIRECTORY SPEED`. It serves the projects of `bodies.refs`, all
begun at once; each takes its type's documented median, spread log-normally, so that ends come at all times. When
it is terminated it writes how many requests came to `DIRECTORY/requests`.
"""

from __future__ import annotations

import math
import random
import signal
import sys
import threading
from itertools import cycle
from pathlib import Path

from mh_notebook import Sandbox
from mh_notebook.sandbox.catalog import TYPES

from .bodies import TOKEN, refs

SPREAD = 0.4  # standard deviation of the logarithm of a render's length


def make(sandbox: Sandbox, count: int, chance: random.Random) -> None:
    """Add so many projects, each kind's types in turn; a fifth of a render's time is its queue."""
    types = {kind: cycle(TYPES[kind].items()) for kind in TYPES}
    for kind, id_ in refs(count):
        type_, row = next(types[kind])
        seconds = row.seconds * math.exp(SPREAD * chance.gauss(0, 1))
        sandbox.add(kind, type_, id=id_, queue_seconds=seconds / 5, render_seconds=seconds * 4 / 5)


def main(port: str, count: str, directory: str, speed: str) -> None:
    """Serve until the process is ended."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    sandbox = Sandbox(speed=float(speed), empty=True, port=int(port), token=TOKEN, credits=10**9)
    make(sandbox, int(count), random.Random(0))
    with sandbox:
        ended.wait()
        (Path(directory) / "requests").write_text(str(len(sandbox.requests)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
