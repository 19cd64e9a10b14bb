"""What is measured: each work, and who does it. The first contestant is the one that ratios are taken to."""

from __future__ import annotations

import shutil
from typing import NamedTuple

AT_ONCE = 32  # our default
DOWNLOADS_AT_ONCE = 8  # ours as well
AT_ONCE_LATE = 256  # where each answer comes late, only more at once helps
SAMPLE = 2000  # projects at most that the SDK is asked for: its rate does not grow with more
LATE = 0.05  # seconds
SIZES = (2000, 20_000, 200_000)  # over which a project should cost the same
RENDERS = 5000  # that the sandbox has when its rate is measured


class Entry(NamedTuple):
    """One contestant at a work. `at_once` 0: its best, found beforehand."""

    label: str
    contestant: str
    count: int
    at_once: int = AT_ONCE


class Work(NamedTuple):
    """The same work for several contestants. `unit` is what a rate counts; delay in seconds."""

    title: str
    unit: str
    entries: tuple[Entry, ...]
    delay: float = 0.0
    megabytes: int = 0  # of each file
    renders: int = 0  # asked of a sandbox that has so many, instead of a static server
    rounds: int = 3
    shown: str = "rates"  # or "costs" of each project, or "seconds" alone

    def amount(self, entry: Entry) -> int:
        """Return how many units an entry gets done."""
        return entry.count * (self.megabytes or 1)


def works(*, quick: bool) -> list[Work]:
    """Return all that is measured; a tenth of it where it is to be quick."""
    sizes = (100, 2000) if quick else (100, 2000, 20_000)
    late = (100,) if quick else (100, 2000, 20_000)
    large, many = (64, 20) if quick else (512, 200)
    often = 7  # rounds, where a target is named for it and it is soon done
    return [
        *(Work(f"frame of {size:,}", "projects", _frame(size), rounds=often) for size in sizes),
        *(Work(f"frame of {size:,}, each answer 50 ms late", "projects", _late_frame(size), LATE) for size in late),
        *([] if quick else [Work("cost per project", "projects", _COSTS, shown="costs")]),
        Work(f"one file of {large} MB", "MB", _ONE_FILE, megabytes=large, rounds=often),
        Work(f"{many} files of 1 MB", "MB", _files(many), megabytes=1, rounds=often),
        Work("the sandbox's own rate", "answers", _sandbox(500 if quick else 5000), renders=RENDERS),
        Work("import", "imports", _IMPORTS, rounds=often, shown="seconds"),
    ]


def _frame(size: int) -> tuple[Entry, ...]:
    asked = min(size, SAMPLE)
    return (
        Entry("bare aiohttp + msgspec", "bare", size),
        Entry("ours, blocking", "ours_sync", size),
        Entry("ours, awaited", "ours_async", size),
        Entry("ours, blocking, until its history is on disk", "ours_with_history", size),
        Entry("SDK, blocking", "sdk_sync", asked, 1),
        Entry("SDK, blocking, in threads", "sdk_threads", asked, 0),
        Entry("SDK, awaited, at its best", "sdk_async", asked, 0),
    )


def _late_frame(size: int) -> tuple[Entry, ...]:
    return (
        Entry("bare aiohttp + msgspec", "bare", size, AT_ONCE_LATE),
        Entry("ours, blocking", "ours_sync", size, AT_ONCE_LATE),
        Entry("ours, awaited", "ours_async", size, AT_ONCE_LATE),
        Entry("SDK, blocking", "sdk_sync", min(size, 50), 1),
        Entry("SDK, blocking, in threads", "sdk_threads", min(size, 1000), 0),
        Entry("SDK, awaited, at its best", "sdk_async", min(size, 1000), 0),
    )


def _files(count: int) -> tuple[Entry, ...]:
    return (
        Entry("bare aiohttp, 1 MiB chunks", "bare_download", count, DOWNLOADS_AT_ONCE),
        Entry("ours: a frame with each SHA-256", "ours_download", count, DOWNLOADS_AT_ONCE),
        Entry("ours: the same, until its history is on disk", "ours_download_with_history", count, DOWNLOADS_AT_ONCE),
        Entry("SDK: check_result, one by one", "sdk_download", count, 1),
        Entry("curl, told the links", "curl", count, DOWNLOADS_AT_ONCE),
    )


def _sandbox(count: int) -> tuple[Entry, ...]:
    wrk = (Entry("wrk", "wrk", count),) if shutil.which("wrk") else ()
    return (Entry("bare aiohttp + msgspec", "bare", count), *wrk)


_ONE_FILE = (
    Entry("bare aiohttp, 1 MiB chunks", "bare_download", 1, 1),
    Entry("ours: check_result", "ours_check_result", 1, 1),
    Entry("ours: the same, until its history is on disk", "ours_check_result_with_history", 1, 1),
    Entry("ours: a frame with its SHA-256", "ours_download", 1, 1),
    Entry("SDK: check_result", "sdk_download", 1, 1),
    Entry("curl, told the link", "curl", 1, 1),
)
_COSTS = (
    *(Entry("ours, blocking", "ours_sync", size) for size in SIZES),
    *(Entry("bare aiohttp + msgspec", "bare", size) for size in SIZES),
)
_IMPORTS = (
    Entry("pandas, aiohttp, ipywidgets", "importing_needed", 1),
    Entry("mh_notebook adds", "importing", 1),
    Entry("mh_notebook and its first client add", "importing_client", 1),
)
