"""When to ask next, chosen by simulation: many renders on a simulated clock, several rules, requests against delay.

`python -m benchmarks.polling` prints the tables. Lengths are drawn from log-normal distributions around the
documented medians; a rule knows the median and not the length.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from operator import itemgetter
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from mh_notebook.protocol.polling import SECONDS, SHARE, SPREAD, next_pause
from mh_notebook.protocol.throttle import Throttle
from mh_notebook.protocol.typical import MEDIAN_SECONDS, Typical

SPREADS = (0.25, 0.4, 0.6, 0.9)  # standard deviation of the logarithm of the length
ANSWER = 0.1  # seconds from a question to its answer, in all rules alike
EAGERNESSES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # of ours, times what was chosen
SOUGHT = (0.25, 0.5, 1.0, 2.0)  # mean delays, of the aim
TOGETHER = (1, 100, 200, 500, 1000)  # watched at once
TYPES = MEDIAN_SECONDS | {"FACE_SWAP, image": 4.0, "FACE_SWAP, video": 96.0}  # its median has two kinds
MEDIANS = sorted(TYPES.values())

Rule = Callable[[float, float, Typical | None, random.Random], float]
"""Elapsed seconds, the median, what is expected by it, chance -> the next pause."""


def ours(elapsed: float, median: float, expected: Typical | None, chance: random.Random) -> float:
    """Today's rule of the package."""
    return next_pause(elapsed, chance.random(), expected)


def tenth(elapsed: float, median: float, expected: Typical | None, chance: random.Random) -> float:
    """Pause a tenth of the time waited, 2 to 30 s: the rule of version 0.1."""
    return min(max(2.0, 0.1 * elapsed), 30.0) * (0.9 + 0.2 * chance.random())


def sdk(elapsed: float, median: float, expected: Typical | None, chance: random.Random) -> float:
    """Every half second, as the vendor's SDK."""
    return 0.5


def advised(elapsed: float, median: float, expected: Typical | None, chance: random.Random) -> float:
    """As the vendor's pages advise: images 2.5 s, video 7.5 s, half as much again each time, 30 s at most."""
    first, passed = (2.5, 0.0) if median < 30 else (7.5, 0.0)
    pause = first
    while passed + pause <= elapsed + 1e-9 and pause < 30.0:
        passed, pause = passed + pause + ANSWER, min(pause * 1.5, 30.0)
    return pause


RULES: dict[str, Rule] = {
    "ours": ours,
    "a tenth of the wait": tenth,
    "advised back-off": advised,
    "SDK, every 0.5 s": sdk,
}


def play(
    rule: Rule, length: float, median: float, expected: Typical | None, chance: random.Random
) -> tuple[int, float]:
    """Watch one render from its creation to its end; return the requests, and how late the end was seen."""
    asked, elapsed = 1, ANSWER
    while elapsed - ANSWER / 2 < length:  # as it was when the server read the question
        elapsed += rule(elapsed, median, expected, chance) + ANSWER
        asked += 1
    return asked, elapsed - length


def outcome(rule: Rule, median: float, spread: float, renders: int, off: float = 1.0) -> dict[str, float]:
    """Play many renders of one type; `off` is the factor by which the median that the rule knows is wrong."""
    lengths, chance = random.Random(f"{median} {spread}"), random.Random(1)
    expected = Typical(seconds=median * off, late=2 * median * off)
    played = [
        play(rule, median * math.exp(spread * lengths.gauss(0, 1)), median, expected, chance) for _ in range(renders)
    ]
    delays = sorted(delay for _, delay in played)
    return {
        "requests": fmean(count for count, _ in played),
        "delay": fmean(delays),
        "worst": delays[-1],
        "p99": delays[int(0.99 * len(delays))],
        "share": fmean(delays) / _aim(median, spread),
    }


def _aim(median: float, spread: float) -> float:
    """Return the mean delay that is aimed at, in seconds, where lengths have this median and spread."""
    return max(SECONDS, SHARE * median * math.exp(spread**2 / 2))


def compare_rules(renders: int = 2000) -> list[dict[str, Any]]:
    """Play all documented types under each rule and spread: one row for each, over all types alike."""
    rows = []
    for spread in SPREADS:
        each = {name: [outcome(rule, m, spread, renders // 20) for m in MEDIANS] for name, rule in RULES.items()}
        most = fmean(one["requests"] for one in each["SDK, every 0.5 s"])
        rows += [_row(name, spread, outcomes, most) for name, outcomes in each.items()]
        rows.append(_row("optimum, length's spread known", spread, [optimum(m, spread) for m in MEDIANS], most))
    return rows


def _row(name: str, spread: float, outcomes: list[dict[str, float]], most: float) -> dict[str, Any]:
    requests = fmean(one["requests"] for one in outcomes)
    return {
        "spread": spread,
        "rule": name,
        "requests": requests,
        "of_sdk": requests / most,
        "delay": fmean(one["delay"] for one in outcomes),
        "delay_of_aim": fmean(one["share"] for one in outcomes),
        "worst_type": max(one["share"] for one in outcomes),
        "worst_delay": max(one["worst"] for one in outcomes),
    }


def optimum(median: float, spread: float, grid: int = 400, sought: float = 1.0) -> dict[str, float]:
    """Return the fewest requests for a mean delay of so much of the aim, by dynamic programming.

    The distribution is known. The price of a second of delay is sought by halving, until the mean delay is that.
    """
    aim = _aim(median, spread)
    times = [median * math.exp(spread * 5.0 * (2 * step / grid - 1)) for step in range(grid + 1)]
    below = [0.0] + [0.5 * math.erfc(-math.log(t / median) / spread / math.sqrt(2)) for t in times[1:]]
    first = [_partial(t, median, spread) for t in times]
    first[0] = 0.0
    low, high = math.log(1e-6), math.log(1e3)
    best = {}
    for _ in range(14):
        price = math.exp((low + high) / 2)
        best = _cheapest(times, below, first, price)
        low, high = (low, math.log(price)) if best["delay"] < sought * aim else (math.log(price), high)
    return best | {"share": best["delay"] / aim, "worst": float("nan")}


def _partial(at: float, median: float, spread: float) -> float:
    """Return the mean of the lengths up to `at`, each counted by its chance."""
    score = (math.log(at / median) - spread**2) / spread
    return median * math.exp(spread**2 / 2) * 0.5 * math.erfc(-score / math.sqrt(2))


def _cheapest(times: Sequence[float], below: Sequence[float], first: Sequence[float], price: float) -> dict[str, float]:
    """Choose the moments to ask, backwards: the cost to go from each moment at which the render still runs."""
    t, chance, mean = (np.array(values) for values in (times, below, first))
    count = len(t)
    cost, requests, delay = np.zeros(count), np.zeros(count), np.zeros(count)
    for here in range(count - 2, -1, -1):
        later = slice(here + 1, count)
        late = t[later] * (chance[later] - chance[here]) - (mean[later] - mean[here])
        total = (1 - chance[here]) + price * late + cost[later]
        step = int(np.argmin(total))
        there = here + 1 + step
        cost[here] = total[step]
        requests[here] = (1 - chance[here]) + requests[there]
        delay[here] = late[step] + delay[there]
    return {"requests": 1 + float(requests[0]), "delay": float(delay[0])}


def curve(spread: float = SPREAD, renders: int = 100) -> list[tuple[str, float, float, float]]:
    """Return (rule, requests, requests as a share of the SDK's, mean delay as a share of the aim), over all types.

    Ours is played more and less eagerly than it is, and the optimum seeks other delays than the aim.
    """
    points = []
    rules = {f"ours, eagerness x {eagerness:g}": _eager(eagerness) for eagerness in EAGERNESSES} | RULES
    del rules["ours"]
    each = {name: [outcome(rule, m, spread, renders) for m in MEDIANS] for name, rule in rules.items()}
    for share in SOUGHT:
        each[f"optimum for {share:g} of the aim"] = [optimum(m, spread, 200, share) for m in MEDIANS]
    most = fmean(one["requests"] for one in each["SDK, every 0.5 s"])
    for name, played in each.items():
        requests = fmean(one["requests"] for one in played)
        points.append((name, requests, requests / most, fmean(one["share"] for one in played)))
    return points


def _eager(eagerness: float) -> Rule:
    return lambda elapsed, _, expected, chance: next_pause(elapsed, chance.random(), expected, eagerness=eagerness)


def together(count: int, spread: float = SPREAD) -> dict[str, float]:
    """Watch so many renders of all types at once, begun together, under the bound that all watches share.

    The numbers are requests of each, questions a second in the first half minute, and the mean delay in seconds and
    as a share of its type's aim.
    """
    chance, throttle = random.Random(count), Throttle()
    medians = [MEDIANS[number % len(MEDIANS)] for number in range(count)]
    lengths = [median * math.exp(spread * chance.gauss(0, 1)) for median in medians]
    due, now, asked, delays = [(0.0, number) for number in range(count)], 0.0, list[float](), dict[int, float]()
    while due:
        at, number = heapq.heappop(due)
        now = max(now, at)
        now += throttle.pause(now)
        throttle.take(now)
        asked.append(now)
        if now + ANSWER / 2 >= lengths[number]:
            delays[number] = now + ANSWER - lengths[number]
            continue
        expected = Typical(seconds=medians[number], late=2 * medians[number])
        pause = next_pause(now + ANSWER, chance.random(), expected, watched=count - len(delays))
        heapq.heappush(due, (now + ANSWER + pause, number))
    return {
        "watched": count,
        "requests": len(asked) / count,
        "rate": sum(moment < 30 for moment in asked) / 30,
        "delay": fmean(delays.values()),
        "share": fmean(delays[number] / _aim(median, spread) for number, median in enumerate(medians)),
    }


def together_table(rows: Sequence[dict[str, float]]) -> list[str]:
    """Return them as lines of a table."""
    head = "| watched at once | requests each | questions/s in the first 30 s | mean delay s | of the aim |"
    cells = "| {watched:,} | {requests:.1f} | {rate:.0f} | {delay:.2f} | {share:.2f} |"
    return [head, "|" + "---|" * 5, *(cells.format(**row) for row in rows)]


def curve_table(points: Sequence[tuple[str, float, float, float]]) -> list[str]:
    """Return the curve as lines of a table."""
    lines = ["| rule | requests | of the SDK's | mean delay, of the aim |", "|---|---|---|---|"]
    return lines + [f"| {name} | {many:.1f} | 1/{1 / share:.1f} | {delay:.2f} |" for name, many, share, delay in points]


def wrong(renders: int = 200) -> list[tuple[float, float, float]]:
    """Return (factor by which the known median is off, requests, delay as a share of the aim), over all types."""
    rows = []
    for off in (0.33, 0.5, 0.75, 1.0, 1.33, 2.0, 3.0):
        played = [outcome(ours, m, SPREAD, renders, off) for m in MEDIANS]
        rows.append((off, fmean(one["requests"] for one in played), fmean(one["share"] for one in played)))
    return rows


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the rows as lines of a table."""
    head = "| spread | rule | requests | of the SDK's | mean delay s | of the aim | worst type | worst delay s |"
    lines = [head, "|" + "---|" * 8]
    for row in rows:
        worst = "" if math.isnan(row["worst_delay"]) else f"{row['worst_delay']:.1f}"
        cells = [f"{row['spread']:g}", row["rule"], f"{row['requests']:.1f}", f"1/{1 / row['of_sdk']:.1f}"]
        cells += [f"{row['delay']:.2f}", f"{row['delay_of_aim']:.2f}", f"{row['worst_type']:.2f}", worst]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def by_type(renders: int = 1000) -> list[dict[str, Any]]:
    """Play each documented type under our rule and the SDK's, the shortest first."""
    rows = []
    for type_, median in sorted(TYPES.items(), key=itemgetter(1)):
        mine, theirs = outcome(ours, median, SPREAD, renders), outcome(sdk, median, SPREAD, renders)
        rows.append(mine | {"type": type_, "median": median, "sdk": theirs["requests"], "aim": _aim(median, SPREAD)})
    return rows


def by_type_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the types as lines of a table."""
    head = "| type | median s | requests | SDK's | of them | mean delay s | aim s | worst s |"
    cells = (
        "| {type} | {median:g} | {requests:.1f} | {sdk:.1f} | 1/{less:.1f} | {delay:.2f} | {aim:.2f} | {worst:.1f} |"
    )
    return [head, "|" + "---|" * 8, *(cells.format(**row, less=row["sdk"] / row["requests"]) for row in rows)]


def wrong_table(rows: Sequence[tuple[float, float, float]]) -> list[str]:
    """Return what wrong medians do as lines of a table."""
    head = "| by a factor of | requests | mean delay, of the aim |"
    return [head, "|---|---|---|", *(f"| {off:g} | {requests:.1f} | {delay:.2f} |" for off, requests, delay in rows)]


class Played(NamedTuple):
    """What one simulation came to: its figures, and they as lines of a table."""

    title: str
    figures: Sequence[Any]
    lines: list[str]


def play_all(renders: int = 2000) -> list[Played]:
    """Play it all."""
    rules, types, points = (
        compare_rules(renders),
        by_type(max(renders // 2, 100)),
        curve(renders=max(renders // 20, 20)),
    )
    off, many = wrong(max(renders // 10, 10)), [together(count) for count in TOGETHER]
    return [
        Played("waiting (simulated)", rules, table(rules)),
        Played(f"waiting, type by type, spread {SPREAD:g}", types, by_type_table(types)),
        Played(f"requests against delay, spread {SPREAD:g}", points, curve_table(points)),
        Played("where the known median is wrong", off, wrong_table(off)),
        Played("many at once, under the shared bound", many, together_table(many)),
    ]


if __name__ == "__main__":
    for one in play_all():
        print(f"\n## {one.title}\n", *one.lines, sep="\n")
