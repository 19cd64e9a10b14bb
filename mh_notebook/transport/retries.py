"""The retry policy of `protocol.retrying` on tenacity: one place for API calls and downloads.

tenacity itself, not stamina on top of it: stamina sleeps by a clock of its own, reports each retry on stderr
where no logging is set up, as in most notebooks, and cannot tell the one row that waits.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from mh_notebook.protocol.errors import MagicHourError
from mh_notebook.protocol.retrying import ATTEMPTS, is_transient, pause_before_retry

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
Notice = Callable[[float, MagicHourError], None]
"""Told of each pause before another attempt: seconds, and why."""


async def persistently(
    attempt: Callable[[], Awaitable[T]],
    sleep: Sleep,
    *,
    deadline: float | None = None,
    notice: Notice | None = None,
) -> T:
    """Attempt, and again after what may pass. Success at once, the usual case, pays for none of that.

    Parameters
    ----------
    attempt
        Makes one attempt.
    sleep
        Pauses for so many seconds.
    deadline : float, optional
        The loop's time after which no new attempt begins.
    notice : callable, optional
        Told of each pause.

    Raises
    ------
    MagicHourError
        The last attempt's.
    """
    try:
        return await attempt()
    except MagicHourError as error:
        if not is_transient(error):
            raise
        first = [error]

    async def again() -> T:
        if first:
            raise first.pop()  # which counts as the first attempt
        return await attempt()

    return await _retrying(sleep, deadline, notice)(again)


def _retrying(sleep: Sleep, deadline: float | None, notice: Notice | None) -> AsyncRetrying:
    from tenacity import AsyncRetrying, retry_if_exception  # brings tornado: 15 ms, for a retry that may never be

    def wait(state: RetryCallState) -> float:
        return pause_before_retry(state.attempt_number, _error(state), random.random())

    def stop(state: RetryCallState) -> bool:
        late = deadline is not None and asyncio.get_running_loop().time() + state.upcoming_sleep > deadline
        return late or state.attempt_number >= ATTEMPTS

    def tell(state: RetryCallState) -> None:
        error = _error(state)
        if notice is not None and isinstance(error, MagicHourError):
            notice(state.upcoming_sleep, error)

    return AsyncRetrying(
        sleep=sleep,
        wait=wait,
        stop=stop,
        retry=retry_if_exception(is_transient),
        before_sleep=tell,
        reraise=True,
    )


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
