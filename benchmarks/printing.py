"""The figures as lines of tables."""

from __future__ import annotations

from .running import Result

_RATES = (
    "contestant | at once | {unit}/s, median | slowest - fastest | ratio | by CPU | s | CPU s | peak MB | above idle"
)
_COSTS = "contestant | {unit} | us each | us of CPU each | of the first | by CPU | peak MB | above idle"
_SECONDS = "contestant | s, median | fastest - slowest | CPU s | fresh processes"


def lines(results: list[Result], shown: str) -> list[str]:
    """Return the results of a work as a table: `rates`, `costs` of each one, or `seconds` alone."""
    head, line = {"rates": (_RATES, _rates), "costs": (_COSTS, _costs), "seconds": (_SECONDS, _seconds)}[shown]
    head = "| " + head.format(unit=results[0].unit) + " |"
    columns = head.count("|") - 1
    return [head, "|" + "---|" * columns, *(_line(one, line(one) if one.rounds else [], columns) for one in results)]


def _line(one: Result, cells: list[str], columns: int) -> str:
    """Return a row, or why there is none; a contestant that failed in some rounds alone has both."""
    if not cells:
        return f"| {one.label} | failed: {one.failed} |" + " |" * (columns - 2)
    return "| " + " | ".join([one.label, *cells]) + " |" + (f" ({one.failed})" if one.failed else "")


def _rates(one: Result) -> list[str]:
    return [
        str(one.at_once),
        f"{one.rate:,.0f}" if one.rate >= 10 else f"{one.rate:.2f}",
        f"{one.slowest:,.0f} - {one.fastest:,.0f}",
        *map(_ratio, (one.ratio, one.cpu_ratio)),
        f"{one.seconds:.3f}",
        f"{one.cpu_seconds:.3f}",
        *map(_whole, (one.peak_mb, one.more_mb)),
    ]


def _costs(one: Result) -> list[str]:
    wall, cpu = (1e6 * seconds / one.amount for seconds in (one.seconds, one.cpu_seconds))
    dearer = [_ratio(1 / ratio if ratio else None) for ratio in (one.ratio, one.cpu_ratio)]
    return [f"{one.amount:,}", f"{wall:.0f}", f"{cpu:.0f}", *dearer, *map(_whole, (one.peak_mb, one.more_mb))]


def _seconds(one: Result) -> list[str]:
    spread = f"{one.amount / one.fastest:.3f} - {one.amount / one.slowest:.3f}"
    return [f"{one.seconds:.3f}", spread, f"{one.cpu_seconds:.3f}", str(one.rounds)]


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3f}" if ratio < 0.1 else f"{ratio:.2f}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
