"""Every contestant in turn, in a process of its own, several rounds: medians, spreads and ratios."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from .works import Entry, Work

PATIENCE = 120.0  # seconds for one contestant at one work: none may hang
TRIED_AT_ONCE = (5, 10, 20, 40, 80)  # httpx keeps 100 connections at most


class Result(NamedTuple):
    """What the rounds of one contestant came to. Rates per second, memory in MB (above idle: `more_mb`)."""

    work: str
    label: str
    unit: str
    at_once: int
    rate: float
    slowest: float
    fastest: float
    seconds: float
    ratio: float | None  # of the first contestant's rate, taken within each round
    peak_mb: float | None
    more_mb: float | None
    rounds: int
    failed: str


def run_once(entry: Entry, url: str, at_once: int, scratch: Path) -> dict[str, Any]:
    """Run a contestant once; `failed` says why it has no figures."""
    arguments = [entry.contestant, url, str(entry.count), str(at_once), str(scratch)]
    command = [sys.executable, "-m", "benchmarks.contestants", *arguments]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {PATIENCE:.0f} s"}
    if ran.returncode:
        return {"failed": (ran.stderr.strip().splitlines() or ["no word"])[-1][:200]}
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    if result["done"] != entry.count:
        result["failed"] = f"{result['done']:,} of {entry.count:,} done"
    return result


def best_at_once(entry: Entry, url: str, scratch: Path, count: int) -> int:
    """Find how many calls at once serve a contestant best."""
    tries = {many: run_once(entry._replace(count=count), url, many, scratch) for many in TRIED_AT_ONCE}
    fine = {many: result["seconds"] for many, result in tries.items() if "failed" not in result}
    return min(fine, key=fine.__getitem__, default=TRIED_AT_ONCE[0])


def summed_up(work: Work, rounds: list[dict[Entry, dict[str, Any]]], megabytes: int) -> list[Result]:
    """Turn the rounds of a work into one result for each contestant."""
    first = work.entries[0]
    amount = {entry: megabytes if work.unit == "MB" else entry.count for entry in work.entries}

    def rates(entry: Entry) -> list[float | None]:
        return [None if "failed" in done[entry] else amount[entry] / done[entry]["seconds"] for done in rounds]

    def one(entry: Entry) -> Result:
        pairs = list(zip(rates(entry), rates(first), strict=True))
        fine = [rate for rate, _ in pairs if rate is not None] or [float("nan")]
        ratios = [rate / limit for rate, limit in pairs if rate and limit]
        good = [done[entry] for done in rounds if "failed" not in done[entry]]
        peak = [result["peak_mb"] for result in good]
        more = [result["peak_mb"] - result["idle_mb"] for result in good if result["idle_mb"] is not None]
        return Result(
            work=work.title,
            label=entry.label,
            unit=work.unit,
            at_once=entry.at_once,
            rate=median(fine),
            slowest=min(fine),
            fastest=max(fine),
            seconds=median(result["seconds"] for result in good) if good else float("nan"),
            ratio=median(ratios) if ratios else None,
            peak_mb=median(peak) if peak else None,
            more_mb=median(more) if more else None,
            rounds=len(good),
            failed="; ".join(sorted({done[entry]["failed"] for done in rounds if "failed" in done[entry]})),
        )

    return [one(entry) for entry in work.entries]
