"""All works, each against the server that it needs."""

from __future__ import annotations

import os
import tempfile
from itertools import groupby
from pathlib import Path

from .running import Result, run_rounds
from .servers import make_file, serving
from .works import Work

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - where there is one, so that no disk is the limit
ALL_DONE = 1e6  # speed of a sandbox whose renders have ended by the time they are asked about


def measure(works: list[Work], rounds: int, *, plain: bool) -> tuple[list[Result], str]:
    """Run works; return their results and the name of the server of those that are prompt.

    Parameters
    ----------
    works : list of Work
    rounds : int
        How often each contestant does its work.
    plain : bool
        Do without nginx.
    """
    scratch = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None
    results: list[Result] = []
    names: list[str] = []
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        directory = Path(name)
        make_file(directory, "big", max((work.megabytes for work in works), default=1))
        make_file(directory, "small", 1)
        for (delay, renders), group in groupby(sorted(works, key=_place), _place):
            with serving(directory, delay=delay, plain=plain, renders=renders, speed=ALL_DONE) as (url, server):
                names.append(server)
                for work in group:
                    results += run_rounds(work, url, directory, rounds)
    return results, names[0] if names else ""


def _place(work: Work) -> tuple[float, int]:
    return work.delay, work.renders
