"""`python -m benchmarks [--quick] [--rounds N] [--only TEXT] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from .polling import compare_rules, table
from .running import Result, best_at_once, run_once, summed_up
from .servers import make_file, serving
from .works import Work, works

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - where there is one, so that no disk is the limit


def main() -> None:
    """Run it all and print it."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, one round")
    parser.add_argument("--rounds", type=int, help="how often each does its work (3)")
    parser.add_argument("--only", default="", help="only works whose title has this text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here")
    parser.add_argument("--plain", action="store_true", help="do without nginx")
    options = parser.parse_args()
    began = time.monotonic()
    chosen = [work for work in works(quick=options.quick) if options.only in work.title]
    results, server = _measure(chosen, options.rounds or (1 if options.quick else 3), plain=options.plain)
    waiting = compare_rules(renders=200 if options.quick else 2000) if options.only in "waiting" else []
    about = _about(server, time.monotonic() - began)
    print(*(f"{name}: {value}" for name, value in about.items()), sep="\n")
    for work in chosen:
        print(f"\n## {work.title}\n", *_lines([result for result in results if result.work == work.title]), sep="\n")
    if waiting:
        print("\n## Waiting (simulated)\n", *table(waiting), sep="\n")
    if options.json:
        kept = {"about": about, "results": [result._asdict() for result in results], "waiting": waiting}
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _measure(chosen: list[Work], rounds: int, *, plain: bool) -> tuple[list[Result], str]:
    scratch = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        directory = Path(name)
        large = next((int(work.title.split()[-2]) for work in chosen if work.title.startswith("one file")), 1)
        make_file(directory, "big", large)
        make_file(directory, "small", 1)
        results: list[Result] = []
        with serving(directory, plain=plain) as (prompt, server):
            results += [result for work in chosen if not work.delay for result in _run(work, prompt, directory, rounds)]
        for delay in sorted({work.delay for work in chosen if work.delay}):
            with serving(directory, delay=delay) as (late, _):
                mine = [work for work in chosen if work.delay == delay]
                results += [result for work in mine for result in _run(work, late, directory, rounds)]
    return results, server


def _run(work: Work, url: str, scratch: Path, rounds: int) -> list[Result]:
    """Run all contestants of a work in turn, round by round; what is slow in one round is slow for all."""
    print(f"{work.title} ...", file=sys.stderr, flush=True)
    entries = [
        entry if entry.at_once else entry._replace(at_once=best_at_once(entry, url, scratch, min(entry.count, 200)))
        for entry in work.entries
    ]
    work = work._replace(entries=tuple(entries))
    done = [{entry: run_once(entry, url, entry.at_once, scratch) for entry in entries} for _ in range(rounds)]
    megabytes = int(work.title.split()[-2]) if work.title.startswith("one file") else entries[0].count
    return summed_up(work, done, megabytes)


def _about(server: str, seconds: float) -> dict[str, str]:
    names = ("aiohttp", "msgspec", "pandas", "magic-hour", "httpx")
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores, {_processor()}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {version(name)}" for name in names),
        "server": server,
        "took": f"{seconds:.0f} s",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _lines(results: list[Result]) -> list[str]:
    head = (
        f"| contestant | at once | {results[0].unit}/s, median | slowest - fastest | ratio | s | peak MB | above idle |"
    )
    rule = "|" + "---|" * (head.count("|") - 1)
    return [head, rule, *(_line(result) for result in results)]


def _line(one: Result) -> str:
    if not one.rounds:
        return f"| {one.label} | {one.at_once} | failed: {one.failed} |" + " |" * 5
    ratio = "" if one.ratio is None else f"{one.ratio:.3f}" if one.ratio < 0.1 else f"{one.ratio:.2f}"
    memory = ["" if value is None else f"{value:.0f}" for value in (one.peak_mb, one.more_mb)]
    cells = [one.label, str(one.at_once), f"{one.rate:,.0f}" if one.rate >= 10 else f"{one.rate:.2f}"]
    cells += [f"{one.slowest:,.0f} - {one.fastest:,.0f}", ratio, f"{one.seconds:.3f}", *memory]
    return "| " + " | ".join(cells) + " |" + (f" ({one.failed})" if one.failed else "")


main()
