"""What a budget says while projects are watched: of what the history holds, and of what they come to now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from .frames import Unread, build_frame
from .history import History
from .protocol.errors import ConfigurationError
from .protocol.models import Project

if TYPE_CHECKING:
    from .credits import Budget

_AHEAD = pd.Timedelta(days=1)
_COLUMNS = ["kind", "id", "created_at", "credits_charged", "fetched_at"]  # those a budget is counted by


class Spending:
    """A budget held against the history as it was when the watch began, and against what is watched.

    Parameters
    ----------
    budget : Budget
        The limit.
    history : History, optional
        Of the account; without it only what is watched counts.

    Raises
    ------
    ConfigurationError
        It is no budget.
    """

    def __init__(self, budget: Budget, history: History | None) -> None:
        if not hasattr(budget, "warning"):
            hint = 'Such as budget=mh.credits.Budget(5_000, per="month").'
            raise ConfigurationError(f"budget is {budget!r}.", hint=hint)
        self._budget, self._history = budget, history
        self._before = build_frame([])[_COLUMNS]
        self._counted: tuple[list[int | None], str] = ([], "")  # the charges last looked at, and what was said of them

    async def begin(self) -> None:
        """Read what was spent in the running period."""
        if self._history is not None:
            since = self._budget.of(self._before).start.to_pydatetime()
            self._before = (await asyncio.to_thread(self._history.frame, since=since))[_COLUMNS]

    def warning(self, items: Sequence[Project | Unread]) -> str:
        """Say that the budget is passed, "" while it is not; counted anew only when a charge has changed."""
        charges = [item.credits_charged if isinstance(item, Project) else None for item in items]
        known, said = self._counted
        if charges != known:
            parts = [frame for frame in (self._before, build_frame(items)[_COLUMNS]) if len(frame)]
            seen = pd.concat(parts or [self._before])
            said = self._budget.warning(seen, _now(seen)) or ""
            self._counted = (charges, said)
        return said


def _now(seen: pd.DataFrame) -> pd.Timestamp:
    """Our time, or the newest project's: a server whose clock is ahead of ours makes them in our future.

    A date further ahead than any clock is believed to be is nobody's time.
    """
    now, dates = pd.Timestamp.now("UTC"), seen["created_at"]
    newest = dates[dates <= now + _AHEAD].max()
    return now if pd.isna(newest) else max(now, newest)
