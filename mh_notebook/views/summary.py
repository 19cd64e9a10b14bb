"""A panel in one line, and its rows in the order in which they need the eye."""

from __future__ import annotations

from .state import Panel, Row
from .wording import LOOKS, counted, left_text


def in_order(rows: tuple[Row, ...]) -> list[Row]:
    """Sort rows: what moves, what went wrong, what waits, what is done; else in the order asked for.

    What went wrong for one reason stands together.
    """
    reasons: dict[str, int] = {}
    for row in rows:
        if row.error:
            reasons.setdefault(row.error, len(reasons))
    return sorted(rows, key=lambda row: (LOOKS[row.phase].rank, reasons.get(row.error, len(reasons))))


def summary_parts(panel: Panel) -> list[str]:
    """Say what a panel amounts to: ["3 of 8 complete", "1 failed", "412 credits, 90 est."]."""
    if not panel.rows:
        return ["Nothing to watch"]
    phases = [row.phase for row in panel.rows]
    counts = {
        "failed": phases.count("error") + phases.count("failed"),
        "canceled": phases.count("canceled"),
        "not watched any more, still rendering": phases.count("stopped"),
    }
    return [
        f"{phases.count('complete'):,} of {len(phases):,} complete",
        *(f"{count:,} {word}" for word, count in counts.items() if count),
        *_credits(panel.rows),
        *_left(panel.rows),
    ]


def _left(rows: tuple[Row, ...]) -> list[str]:
    """Say how long the rest will take, where that is known of every row that is not done: the longest of them."""
    left = [row.left for row in rows if row.phase in ("waiting", "active")]
    known = [seconds for seconds in left if seconds is not None]
    longest = max(known, default=0.0)
    return [f"about {left_text(longest)} left"] if longest > 0 and len(known) == len(left) else []


def _credits(rows: tuple[Row, ...]) -> list[str]:
    known = [row for row in rows if row.credits is not None]
    if not known:
        return []
    total = sum(row.credits or 0 for row in known)
    estimated = sum(row.credits or 0 for row in known if not row.settled)
    if any(row.settled for row in known):
        return [counted(total, "credit") + (f", {estimated:,} est." if estimated else "")]
    return [f"{counted(total, 'credit')} est."]
