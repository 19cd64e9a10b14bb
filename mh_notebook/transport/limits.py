"""Time limits by one timer for all: made for every call, a timer of its own costs a fifth of the call."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Limits:
    """The limits in force on one event loop."""

    def __init__(self) -> None:
        self._running: set[Limit] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> Limit:
        """Return a block, entered with `with` in a task, that raises TimeoutError once it has taken so long."""
        return Limit(self, asyncio.get_running_loop().time() + seconds)

    def begin(self, limit: Limit) -> None:
        """Watch a limit. The timer is set anew only where this one ends sooner than all others."""
        self._running.add(limit)
        if self._timer is None or limit.until < self._timer.when():
            self._set(limit.until)

    def end(self, limit: Limit) -> None:
        """Forget a limit. The timer is left as it is: most limits that follow end later."""
        self._running.discard(limit)

    def let_go(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, until: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(until, self._expire)

    def _expire(self) -> None:
        now, self._timer = asyncio.get_running_loop().time(), None
        for limit in [limit for limit in self._running if limit.until <= now]:
            self._running.discard(limit)
            limit.expire()
        if self._running:
            self._set(min(limit.until for limit in self._running))


class Limit:
    """One limit on one task; what `asyncio.timeout` is, but for its timer."""

    __slots__ = ("_before", "_expired", "_limits", "_task", "until")

    def __init__(self, limits: Limits, until: float) -> None:
        self.until = until
        self._limits, self._expired, self._before = limits, False, 0
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        if self._task is not None:
            self._before = self._task.cancelling()
        self._limits.begin(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limits.end(self)
        if not self._expired or self._task is None:
            return
        others = self._task.uncancel() > self._before  # somebody else cancels it too: that goes first
        if not others and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from None

    def expire(self) -> None:
        """Cut the task short."""
        if self._task is not None:
            self._expired = True
            self._task.cancel()
