"""`python -m benchmarks [--quick] [--rounds N] [--only TEXT] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from . import polling
from .measuring import measure
from .printing import lines
from .watched import COUNTS, table, watched
from .works import works

WATCHED, WAITING = "watched", "waiting (simulated)"


def main() -> None:
    """Run it all and print it."""
    options = _options()
    began, quick = time.monotonic(), options.quick
    chosen = [work for work in works(quick=quick) if options.only in work.title]
    if not (chosen or options.only in WATCHED or options.only in WAITING):
        raise SystemExit(f"There is no such work: {options.only!r}.")
    results, servers = measure(chosen, options.rounds or (1 if quick else None), plain=options.plain)
    watching = [watched(count) for count in (COUNTS[-1:] if quick else COUNTS)] if options.only in WATCHED else []
    waiting = _waiting(quick=quick) if options.only in WAITING else []
    about = _about(time.monotonic() - began)
    if quick:
        about["quick"] = "one round: medians are single figures, and ratios wander by a third"
    print(*(f"{name}: {value}" for name, value in about.items()), sep="\n")
    for work in chosen:
        mine = [result for result in results if result.work == work.title]
        against = "" if work.shown == "seconds" else f"\nagainst {servers[work.title]}\n"
        print(f"\n## {work.title}\n{against}", *lines(mine, work.shown), sep="\n")
    if watching:
        print(f"\n## {WATCHED}\n", *table(watching), sep="\n")
    for one in waiting:
        print(f"\n## {one.title}\n", *one.lines, sep="\n")
    if options.json:
        kept = {"about": about, "results": [result._asdict() for result in results]}
        kept |= {"servers": servers, "watched": watching, "waiting": {one.title: one.figures for one in waiting}}
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a tenth of the work, one round")
    parser.add_argument(
        "--rounds", type=int, help="how often each does its work (7 where a target is named for it, else 3)"
    )
    parser.add_argument("--only", default="", help="only works whose title has this text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here")
    parser.add_argument("--plain", action="store_true", help="do without nginx")
    return parser.parse_args()


def _waiting(*, quick: bool) -> list[polling.Played]:
    print("waiting, simulated ...", file=sys.stderr, flush=True)
    return polling.play_all(200 if quick else 2000)


def _about(seconds: float) -> dict[str, str]:
    names = ("aiohttp", "msgspec", "pandas", "magic-hour", "httpx")
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores, {_processor()}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {version(name)}" for name in names),
        "took": f"{seconds:.0f} s",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
