"""Every contestant in turn, in a process of its own, several rounds: medians, spreads and ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from .servers import MEGABYTE, ROOT
from .works import Entry, Work

PATIENCE = 120.0  # seconds for one contestant at one work: none may hang
SLOWEST = 200  # projects a second below which a large work is given up
TRIED_AT_ONCE = (5, 10, 20, 40, 80)  # httpx keeps 100 connections at most
TRIES = 3  # of each

Round = dict[Entry, dict[str, Any]]


class Result(NamedTuple):
    """What the rounds of one contestant came to. Rates per second, memory in MB (above idle: `more_mb`)."""

    work: str
    label: str
    unit: str
    amount: int
    at_once: int
    rate: float
    slowest: float
    fastest: float
    seconds: float
    cpu_seconds: float  # user and system, of the contestant's process alone
    ratio: float | None  # of the first contestant's rate, taken within each round
    cpu_ratio: float | None  # the same by CPU seconds, which noise on the machine moves less
    peak_mb: float | None
    more_mb: float | None
    rounds: int
    failed: str


def run_once(entry: Entry, url: str, at_once: int, scratch: Path, megabytes: int = 0) -> dict[str, Any]:
    """Run a contestant once, on files of so many MB each; `failed` says why it has no figures."""
    arguments = [entry.contestant, url, str(entry.count), str(at_once), str(scratch)]
    command = [sys.executable, "-m", "benchmarks.contestants", *arguments]
    patience = max(PATIENCE, entry.count / SLOWEST)
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=patience, check=False, cwd=ROOT, env=_environment()
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {patience:.0f} s"}
    if ran.returncode:
        return {"failed": (ran.stderr.strip().splitlines() or ["no word"])[-1][:200]}
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    if result["done"] != entry.count:
        result["failed"] = f"{result['done']:,} of {entry.count:,} done"
    elif megabytes and result["bytes"] != entry.count * megabytes * MEGABYTE:
        result["failed"] = f"{result['bytes']:,} bytes are not {entry.count:,} times {megabytes} MB"
    return result


def _environment() -> dict[str, str]:
    """Return this process's, but let Python keep what it compiles: else an import is measured that compiles anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_rounds(work: Work, url: str, scratch: Path, rounds: int) -> list[Result]:
    """Run all contestants of a work in turn, round by round: what is slow in one round is slow for all.

    Every other round goes backwards, so that a machine that slows down steadily favours nobody.
    """
    print(f"{work.title} ...", file=sys.stderr, flush=True)
    entries = [
        entry if entry.at_once else entry._replace(at_once=best_at_once(entry, url, scratch, min(entry.count, 200)))
        for entry in work.entries
    ]
    done: list[Round] = []
    for number in range(rounds):
        order = entries if number % 2 == 0 else entries[::-1]
        done.append({entry: run_once(entry, url, entry.at_once, scratch, work.megabytes) for entry in order})
    return summed_up(work._replace(entries=tuple(entries)), done)


def best_at_once(entry: Entry, url: str, scratch: Path, count: int) -> int:
    """Find how many calls at once serve a contestant best."""
    tried = [(many, run_once(entry._replace(count=count), url, many, scratch)) for many in TRIED_AT_ONCE * TRIES]
    fine = [(result["seconds"], many) for many, result in tried if "failed" not in result]
    return min(fine)[1] if fine else TRIED_AT_ONCE[0]


def summed_up(work: Work, rounds: list[Round]) -> list[Result]:
    """Turn the rounds of a work into one result for each contestant."""
    return [_summed_up(work, entry, rounds) for entry in work.entries]


def _summed_up(work: Work, entry: Entry, rounds: list[Round]) -> Result:
    good = [done[entry] for done in rounds if "failed" not in done[entry]]
    rates = [work.amount(entry) / result["seconds"] for result in good]
    more = [result["peak_mb"] - result["idle_mb"] for result in good if result["idle_mb"] is not None]
    return Result(
        work=work.title,
        label=entry.label,
        unit=work.unit,
        amount=work.amount(entry),
        at_once=entry.at_once,
        rate=_median(rates),
        slowest=min(rates, default=float("nan")),
        fastest=max(rates, default=float("nan")),
        seconds=_median([result["seconds"] for result in good]),
        cpu_seconds=_median([result["cpu_seconds"] for result in good]),
        ratio=_ratio(work, entry, rounds, "seconds"),
        cpu_ratio=_ratio(work, entry, rounds, "cpu_seconds"),
        peak_mb=_median([result["peak_mb"] for result in good]) if good else None,
        more_mb=_median(more) if more else None,
        rounds=len(good),
        failed="; ".join(sorted({done[entry]["failed"] for done in rounds if "failed" in done[entry]})),
    )


def _ratio(work: Work, entry: Entry, rounds: list[Round], of: str) -> float | None:
    """Return the median over the rounds of how much more one gets done in its time than the first contestant."""
    first = work.entries[0]
    share = work.amount(entry) / work.amount(first)
    both = [(done[first], done[entry]) for done in rounds if "failed" not in done[first] | done[entry]]
    ratios = [share * limit[of] / mine[of] for limit, mine in both if mine[of]]
    return median(ratios) if ratios else None


def _median(values: list[float]) -> float:
    return median(values) if values else float("nan")
