"""All works, each against the server that it needs."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import groupby
from pathlib import Path

from .running import Result, run_rounds
from .servers import MEGABYTE, make_file, serving
from .works import Work

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - where there is one, so that no disk is the limit
ALL_DONE = 1e6  # speed of a sandbox whose renders have ended by the time they are asked about


def measure(works: list[Work], rounds: int | None, *, plain: bool) -> tuple[list[Result], dict[str, str]]:
    """Run works; return their results, and what server each was done against.

    Parameters
    ----------
    works : list of Work
    rounds : int
        How often each contestant does its work; unless given, as often as the work says.
    plain : bool
        Do without nginx.
    """
    largest = max((work.megabytes for work in works), default=1)
    results, servers = list[Result](), dict[str, str]()
    with tempfile.TemporaryDirectory(dir=_scratch(largest)) as name:
        directory = Path(name)
        make_file(directory, "big", largest)
        make_file(directory, "small", 1)
        for (delay, renders), group in groupby(sorted(works, key=_place), _place):
            with serving(directory, delay=delay, plain=plain, renders=renders, speed=ALL_DONE) as (url, server):
                for work in group:
                    servers[work.title] = server
                    results += run_rounds(work, url, directory, rounds or work.rounds)
    return results, servers


def _scratch(largest: int) -> Path | None:
    """Choose where files go: to memory, where it holds the server's files and a contestant's beside them."""
    needed = 4 * max(largest, 200) * MEGABYTE
    fits = os.access(MEMORY_DISK, os.W_OK) and shutil.disk_usage(MEMORY_DISK).free > needed
    return MEMORY_DISK if fits else None


def _place(work: Work) -> tuple[float, int]:
    return work.delay, work.renders
