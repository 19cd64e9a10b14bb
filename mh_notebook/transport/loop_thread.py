"""One daemon thread with an event loop of its own, and the bridge on which blocking calls wait for it.

Why a thread: a task on the kernel's own loop stands still while any cell blocks, and patching that loop costs
queued cells. Here nobody's loop is patched but ours, and ours only when a callback on it makes a blocking call.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, ModuleType
from typing import Any, TypeVar

from mh_notebook.protocol.errors import ClientClosedError

T = TypeVar("T")

TICK = 0.1  # seconds; a blocked thread looks up this often, so that an interrupt is seen well within 0.5 s
_STOP_PATIENCE = 5.0  # seconds given to the loop's tasks to end when it is closed
_CANCEL_PATIENCE = 0.3  # seconds an interrupted call waits for its own work to end


class _OwnLoop(asyncio.SelectorEventLoop):
    """Our loop's class. nest_asyncio2 patches a loop's class, so ours must be nobody else's."""


class LoopThread:
    """A daemon thread that runs an event loop, started at first use and ended by `close`.

    Examples
    --------
    >>> import asyncio
    >>> thread = LoopThread()
    >>> thread.run(asyncio.sleep(0, result="done"))
    'done'
    >>> thread.close()
    """

    def __init__(self, name: str = "mh_notebook") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = os.getpid()
        self._closed = self._ending = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop, started now if it is not; raises ClientClosedError after `close`."""
        with self._lock:
            if self._closed:
                raise ClientClosedError
            if self._loop is None or self._process != os.getpid():  # a forked child has the loop, but not its thread
                loop, thread = _OwnLoop(), None
                try:
                    thread = threading.Thread(target=_run_loop, args=(loop,), name=self._name, daemon=True)
                    thread.start()
                except BaseException:
                    if thread is not None and thread.ident is not None:  # it runs already, and closes its loop itself
                        loop.call_soon_threadsafe(loop.stop)
                    else:
                        loop.close()
                    raise
                # Only now: an interrupt in between must not leave a loop that nobody runs.
                self._loop, self._thread, self._process = loop, thread, os.getpid()
            return self._loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, block until it ends, and return its result.

        An interrupt cancels this coroutine alone and raises KeyboardInterrupt; called on the loop's own thread,
        the loop goes on turning inside the call.

        Raises
        ------
        ClientClosedError
            The loop was closed, before or meanwhile.
        """
        if self._thread is threading.current_thread():
            return self._run_nested(coroutine)
        ended = threading.Event()
        loop = self._running(coroutine)
        future = asyncio.run_coroutine_threadsafe(_tracked(coroutine, ended), loop)
        try:
            return wait_for(future)
        except concurrent.futures.CancelledError:
            raise ClientClosedError from None
        except KeyboardInterrupt:
            future.cancel()
            ended.wait(_CANCEL_PATIENCE)
            raise

    def _run_nested(self, coroutine: Coroutine[Any, Any, T]) -> T:
        loop = self._running(coroutine)
        _make_reentrant(loop)
        return loop.run_until_complete(coroutine)

    def _running(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.AbstractEventLoop:
        try:
            return self.loop
        except BaseException:
            coroutine.close()
            raise

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Cancel what runs, run `last` on the loop, end the thread, and wait for that. Closing twice is fine."""
        thread = self._thread
        if self.let_go(last) and thread is not None and thread is not threading.current_thread():
            thread.join(_STOP_PATIENCE)

    def let_go(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> bool:
        """Do the same and wait for nothing; say whether there was a loop to end.

        It takes no lock: the garbage collector may call it in the middle of anything.
        """
        self._closed = True
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or not thread.is_alive() or self._process != os.getpid():
            return False
        if not self._ending:  # not `_closed`: a close that was interrupted can be made again
            with suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(_begin_shutdown, loop, last)
            self._ending = True
        return True


def wait_for(future: concurrent.futures.Future[T], timeout: float | None = None) -> T:
    """Block until a future is done, interruptible at any moment; raises TimeoutError after `timeout` seconds."""
    with _interruptible():
        while timeout is None or timeout > 0:
            step = TICK if timeout is None else min(TICK, timeout)
            try:
                return future.result(step)
            except TimeoutError:
                if future.done():  # the work's own TimeoutError, not ours
                    raise
            timeout = None if timeout is None else timeout - step
        raise TimeoutError


@contextmanager
def _interruptible() -> Iterator[None]:
    """Take SIGINT over for a while: in a cell that also awaits, ipykernel's own handler raises nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


async def _tracked(coroutine: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    try:
        return await coroutine
    finally:
        ended.set()


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _begin_shutdown(loop: asyncio.AbstractEventLoop, last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    task = loop.create_task(_shut_down(loop, last))
    task.add_done_callback(lambda _: loop.stop())


async def _shut_down(loop: asyncio.AbstractEventLoop, last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_STOP_PATIENCE / 2)
    if last is not None:
        await last()
    await loop.shutdown_asyncgens()
    with suppress(RuntimeError):  # at its exit Python 3.12 starts no thread, and nothing is left to wait for
        await loop.shutdown_default_executor()


def _make_reentrant(loop: asyncio.AbstractEventLoop) -> None:
    """Let our loop turn inside its own callbacks, and leave asyncio itself as it was.

    nest_asyncio2.apply also replaces asyncio.run, Task, Future and the policy's get_event_loop, which would slow
    and change every other loop of this process; all of that is put back.
    """
    if getattr(loop, "_nest_patched", False):
        return
    import nest_asyncio2

    with _unchanged(*_patched_places()):
        nest_asyncio2.apply(loop)


def _patched_places() -> list[ModuleType | type]:
    places: list[ModuleType | type] = [asyncio, asyncio.events, asyncio.futures, asyncio.tasks]
    if sys.version_info < (3, 14):
        places.append(type(asyncio.get_event_loop_policy()))
    if "tornado.concurrent" in sys.modules:
        places.append(sys.modules["tornado.concurrent"])
    return places


@contextmanager
def _unchanged(*places: ModuleType | type) -> Iterator[None]:
    before = [(place, dict(vars(place))) for place in places]
    try:
        yield
    finally:
        for place, names in before:
            for name in vars(place).keys() - names.keys():
                delattr(place, name)
            for name, value in names.items():
                if vars(place).get(name) is not value:
                    setattr(place, name, value)
