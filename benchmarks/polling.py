"""When to ask next, chosen by simulation: many renders on a simulated clock, several rules, requests against delay.

`python -m benchmarks.polling` prints the tables. Lengths are drawn from log-normal distributions around the
documented medians; a rule knows the median and not the length.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from mh_notebook.protocol import polling
from mh_notebook.protocol.polling import SECONDS, SHARE, SPREAD, next_pause
from mh_notebook.protocol.typical import MEDIAN_SECONDS, Typical, typical

SPREADS = (0.25, 0.4, 0.6, 0.9)  # standard deviation of the logarithm of the length
ANSWER = 0.1  # seconds from a question to its answer, in all rules alike
EAGERNESSES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # of ours, times what was chosen
SOUGHT = (0.25, 0.5, 1.0, 2.0)  # mean delays, of the aim

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
    mean_length = median * math.exp(spread**2 / 2)
    return {
        "requests": fmean(count for count, _ in played),
        "delay": fmean(delays),
        "worst": delays[-1],
        "p99": delays[int(0.99 * len(delays))],
        "share": fmean(delays) / max(SECONDS, SHARE * mean_length),
    }


def compare_rules(renders: int = 2000) -> list[dict[str, Any]]:
    """Play all documented types under each rule and spread: one row for each, over all types alike."""
    medians = sorted(set(MEDIAN_SECONDS.values()) | {96.0})
    rows = []
    for spread in SPREADS:
        each = {name: [outcome(rule, m, spread, renders // 20) for m in medians] for name, rule in RULES.items()}
        most = fmean(one["requests"] for one in each["SDK, every 0.5 s"])
        rows += [_row(name, spread, outcomes, medians, most) for name, outcomes in each.items()]
        rows.append(
            _row("optimum, length's spread known", spread, [optimum(m, spread) for m in medians], medians, most)
        )
    return rows


def _row(
    name: str, spread: float, outcomes: list[dict[str, float]], medians: list[float], most: float
) -> dict[str, Any]:
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
    aim = max(SECONDS, SHARE * median * math.exp(spread**2 / 2))
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
    medians, chosen, points = sorted(set(MEDIAN_SECONDS.values())), polling._EAGERNESS, []
    each: dict[str, list[dict[str, float]]] = {}
    for eagerness in EAGERNESSES:
        polling._EAGERNESS = chosen * eagerness
        each[f"ours, eagerness x {eagerness:g}"] = [outcome(ours, m, spread, renders) for m in medians]
    polling._EAGERNESS = chosen
    for name in ("a tenth of the wait", "advised back-off", "SDK, every 0.5 s"):
        each[name] = [outcome(RULES[name], m, spread, renders) for m in medians]
    for share in SOUGHT:
        each[f"optimum for {share:g} of the aim"] = [optimum(m, spread, 200, share) for m in medians]
    most = fmean(one["requests"] for one in each["SDK, every 0.5 s"])
    for name, played in each.items():
        requests = fmean(one["requests"] for one in played)
        points.append((name, requests, requests / most, fmean(one["share"] for one in played)))
    return points


def curve_table(points: Sequence[tuple[str, float, float, float]]) -> list[str]:
    """Return the curve as lines of a table."""
    lines = ["| rule | requests | of the SDK's | mean delay, of the aim |", "|---|---|---|---|"]
    return lines + [f"| {name} | {many:.1f} | 1/{1 / share:.1f} | {delay:.2f} |" for name, many, share, delay in points]


def wrong(renders: int = 200) -> list[tuple[float, float, float]]:
    """Return (factor by which the known median is off, requests, delay as a share of the aim), over all types."""
    medians, rows = sorted(set(MEDIAN_SECONDS.values())), []
    for off in (0.33, 0.5, 0.75, 1.0, 1.33, 2.0, 3.0):
        played = [outcome(ours, m, SPREAD, renders, off) for m in medians]
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


def by_type(renders: int = 1000) -> list[str]:
    """Return a table of each documented type under our rule and the SDK's."""
    lines = ["| type | median s | requests | SDK's | mean delay s | aim s | worst s |", "|" + "---|" * 7]
    for type_, median in MEDIAN_SECONDS.items():
        assert typical("", type_) is not None
        mine, theirs = outcome(ours, median, SPREAD, renders), outcome(sdk, median, SPREAD, renders // 10)
        aim = max(SECONDS, SHARE * median * math.exp(SPREAD**2 / 2))
        cells = [type_, f"{median:g}", f"{mine['requests']:.1f}", f"{theirs['requests']:.1f}", f"{mine['delay']:.2f}"]
        lines.append("| " + " | ".join([*cells, f"{aim:.2f}", f"{mine['worst']:.1f}"]) + " |")
    return lines


if __name__ == "__main__":
    print(*table(compare_rules()), "", *by_type(), sep="\n")
    print("", *curve_table(curve()), sep="\n")
    print("\n| known median is off by | requests | delay, of the aim |\n|---|---|---|")
    print(*(f"| x {off:g} | {requests:.1f} | {delay:.2f} |" for off, requests, delay in wrong()), sep="\n")
