"""Time limits by one timer for all: each block is cut at its own time, and nobody else's cancellation is swallowed."""

import asyncio

import pytest

from mh_notebook.transport.limits import Limits


async def test_a_block_that_takes_too_long_raises_a_time_out_and_the_task_lives_on():
    limits = Limits()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            with limits.within(0.01):
                await asyncio.sleep(60)
        assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)


async def test_limits_of_different_lengths_end_in_their_order_whichever_began_first():
    limits, ended = Limits(), []

    async def wait(seconds):
        with pytest.raises(TimeoutError):
            with limits.within(seconds):
                await asyncio.sleep(60)
        ended.append(seconds)

    await asyncio.gather(*[wait(seconds) for seconds in (0.09, 0.03, 0.06, 0.12)])
    assert ended == [0.03, 0.06, 0.09, 0.12]


async def test_a_block_that_ends_in_time_is_left_alone_also_after_its_limit():
    limits = Limits()
    with limits.within(0.02):
        pass
    await asyncio.sleep(0.05)
    with limits.within(0.05):
        await asyncio.sleep(0)
    limits.let_go()


async def test_a_cancellation_by_somebody_else_stays_one_even_when_the_limit_is_over_too():
    limits = Limits()

    async def wait():
        with limits.within(0.0):
            await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    limits.let_go()


async def test_a_thousand_blocks_set_one_timer(monkeypatch):
    limits, loop = Limits(), asyncio.get_running_loop()
    timers, call_at = [], loop.call_at
    monkeypatch.setattr(loop, "call_at", lambda *given, **options: timers.append(given) or call_at(*given, **options))
    for _ in range(1000):
        with limits.within(60):
            pass
    assert len(timers) == 1
    limits.let_go()
