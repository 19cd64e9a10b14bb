"""`python -m benchmarks [--quick] [--rounds N] [--only TEXT] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
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
    results, server = measure(chosen, options.rounds or (1 if quick else 3), plain=options.plain)
    watching = [watched(count) for count in (COUNTS[-1:] if quick else COUNTS)] if options.only in WATCHED else []
    waiting = polling.compare_rules(renders=200 if quick else 2000) if options.only in WAITING else []
    curve = polling.curve(renders=20 if quick else 100) if waiting else []
    about = _about(server, time.monotonic() - began)
    print(*(f"{name}: {value}" for name, value in about.items()), sep="\n")
    for work in chosen:
        mine = [result for result in results if result.work == work.title]
        print(f"\n## {work.title}\n", *lines(mine, work.shown), sep="\n")
    if watching:
        print(f"\n## {WATCHED}\n", *table(watching), sep="\n")
    if waiting:
        print(f"\n## {WAITING}\n", *polling.table(waiting), "", *polling.curve_table(curve), sep="\n")
    if options.json:
        kept = {"about": about, "results": [result._asdict() for result in results]}
        kept |= {"watched": watching, "waiting": waiting, "curve": curve}
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, one round")
    parser.add_argument("--rounds", type=int, help="how often each does its work (3)")
    parser.add_argument("--only", default="", help="only works whose title has this text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here")
    parser.add_argument("--plain", action="store_true", help="do without nginx")
    return parser.parse_args()


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


if __name__ == "__main__":
    main()
