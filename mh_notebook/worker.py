"""A thread that does one thing after another, made to be let go of from anywhere, the garbage collector included."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Worker:
    """One daemon thread and its queue.

    A ThreadPoolExecutor takes locks in `submit`; the garbage collector may call us in the middle of another's
    `submit`, on the same thread, and wait for ever. A SimpleQueue's `put` may be called from anywhere.

    Examples
    --------
    >>> worker = Worker("example")
    >>> worker.submit(len, "four").result()
    4
    >>> worker.close()
    """

    def __init__(self, name: str) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=_work, args=(self._queue,), name=name, daemon=True)
        self._process = os.getpid()
        self._closed = False
        self._thread.start()

    @property
    def open(self) -> bool:
        """Whether it still takes work: not after `close`, and not in a forked child, which has no such thread."""
        return not self._closed and os.getpid() == self._process

    def submit(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Do this after all that was submitted before; raises RuntimeError once closed."""
        if not self.open:
            raise RuntimeError("this worker is closed")
        future: Future[T] = Future()
        self._queue.put(lambda: _settle(future, work, arguments))
        return future

    def let_go(self, last: Callable[[], None] | None = None) -> None:
        """End the thread after what is left and `last`; waits for nothing."""
        if self.open:
            self._closed = True
            if last is not None:
                self._queue.put(last)
            self._queue.put(None)

    def close(self, last: Callable[[], None] | None = None) -> None:
        """End the thread after what is left and `last`, and wait for that. Twice is fine."""
        self.let_go(last)
        if threading.current_thread() is not self._thread and self._process == os.getpid():
            self._thread.join()


def _work(tasks: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (task := tasks.get()) is not None:
        task()


def _settle(future: Future[T], work: Callable[..., T], arguments: tuple[Any, ...]) -> None:
    heard = future.set_running_or_notify_cancel()  # if not, nobody waits any more; it is done all the same
    try:
        result = work(*arguments)
    except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
        if heard:
            future.set_exception(error)
    else:
        if heard:
            future.set_result(result)
