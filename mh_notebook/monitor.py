"""A watch over many projects: their state as it is now, and ways to wait for its end."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import math
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .core import Core
from .frames import build_frame
from .protocol.errors import ClientClosedError, InvalidRefError, MagicHourError, WaitTimeoutError
from .protocol.models import Project
from .protocol.refs import Ref
from .settings import patience
from .spending import Spending
from .transport.loop_thread import TICK, wait_for
from .views.outputs import mimebundle
from .views.panel import LivePanel
from .views.state import Panel
from .views.text import panel_text
from .watching import Watching

if TYPE_CHECKING:
    from .credits import Budget

REDRAW = 0.2  # real seconds between two looks at what has changed; how often that is drawn, the panel decides

Callback = Callable[["Monitor"], object]


class Monitor:
    """A watch in the background, made by `client.projects.watch`. `await` it or call `wait` for its end.

    Attributes
    ----------
    frame : pandas.DataFrame
        How all projects look now, in the frame's schema.
    projects : list of Project
        The projects as last seen, those never seen left out.
    errors : list of MagicHourError
        What went wrong so far: one for each project that failed, for each time that outputs could not be shown,
        and for each callback that failed.
    done : bool
        Whether it has ended.
    panel : Panel
        What is shown now, as a frozen value.
    """

    def __init__(
        self,
        core: Core,
        refs: Sequence[Ref | InvalidRefError],
        *,
        download: bool,
        directory: Path | None,
        timeout: float | None,
        renderer: str | None,
        directories: Mapping[Ref, Path] | None = None,  # of those to be saved where not all are
        budget: Budget | None = None,
        buttons: bool = True,
        keep: object = None,
    ) -> None:
        self._core, self._keep = core, keep  # the client: not to be collected while anyone watches or waits
        self._watching = Watching(
            core,
            refs,
            download=download,
            directory=directory,
            directories=directories or {},
            timeout=timeout,
            spending=None if budget is None else Spending(budget, core.history),
        )
        self._lines = self._watching.lines
        self._asked_for = list(refs)
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._callbacks: list[Callback] = []
        self._lock = threading.Lock()  # between the end and a callback that is added meanwhile
        self._callback_errors: list[MagicHourError] = []
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._block: Callable[[Coroutine[Any, Any, Any]], Any] | None = None
        actions = self._watching.actions(lambda: self._loop, self.stop) if buttons else None
        self._view = LivePanel(self.panel, renderer=renderer, actions=actions)

    @property
    def panel(self) -> Panel:
        """What is shown now, a frozen value."""
        return self._watching.panel

    @property
    def frame(self) -> pd.DataFrame:
        """How all projects look now: one row for each ref asked for, in order."""
        by_ref = {line.ref: line.item() for line in self._lines}
        return build_frame(by_ref[ref] for ref in self._asked_for)

    @property
    def projects(self) -> list[Project]:
        """The projects as last seen, in the order they were asked for; those never seen are left out."""
        return [line.project for line in self._lines if line.project is not None]

    @property
    def errors(self) -> list[MagicHourError]:
        """What went wrong so far."""
        failed = [line.error for line in self._lines if line.error is not None]
        return failed + self._watching.errors + self._callback_errors

    @property
    def done(self) -> bool:
        """Whether the watch has ended."""
        return self._ended.done()

    def wait(self, timeout: float | None = None) -> pd.DataFrame:
        """Block until the watch has ended, and return the final frame. An interrupt leaves the watch running.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Raises
        ------
        WaitTimeoutError
            It had not ended by then; it goes on.
        ConfigurationError
            `timeout` is no number of seconds.
        """
        timeout = patience("timeout", timeout)
        if self._block is not None:
            with contextlib.suppress(ClientClosedError):  # closing the client ends the watch: that is an end too
                self._block(self._wait(timeout))
            self._view.repeat()
            return self.frame
        if self._loop is _running_loop():
            raise MagicHourError("wait() would block the loop that this watch runs on.", hint="Use await monitor.")
        deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        while not self._over():
            if (left := deadline - time.monotonic()) <= 0:
                raise self._not_ended(timeout)
            with contextlib.suppress(TimeoutError):
                wait_for(self._ended, min(left, 1.0))
        return self.frame

    def __await__(self) -> Generator[Any, None, pd.DataFrame]:
        yield from self._wait(None).__await__()
        self._view.repeat()
        return self.frame

    def stop(self) -> None:
        """Stop watching, from any thread. The renders themselves go on; nothing is canceled or refunded."""
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    def on_complete(self, callback: Callback) -> None:
        """Call `callback(monitor)` once when the watch has ended, at once if it has.

        It is called on the client's own thread, and may make blocking calls itself. What it raises is kept in
        `errors`.
        """
        with self._lock:
            if not self._ended.done():
                self._callbacks.append(callback)
                return
        self._call(callback)

    def __repr__(self) -> str:
        return panel_text(self.panel)

    def _repr_mimebundle_(self, **selection: object) -> dict[str, Any]:
        del selection  # a protocol's parameters: we always give all
        return mimebundle(self.panel)

    def _ipython_display_(self) -> None:
        """Show it in this cell too; where it stands already, a second copy would say nothing new."""
        if not self._view.shown_in_this_cell():
            self._view.show()

    # What the client calls.

    def show(self) -> None:
        """Show it in the cell that runs now."""
        self._view.show()

    def start(
        self, loop: asyncio.AbstractEventLoop, block: Callable[[Coroutine[Any, Any, Any]], Any] | None = None
    ) -> None:
        """Begin, on this loop; `block` runs a coroutine on it and blocks another thread meanwhile."""
        self._loop, self._block = loop, block
        self._task = loop.create_task(self.run())
        self._core.watches.add(self._task)
        self._task.add_done_callback(self._core.watches.discard)
        self._task.add_done_callback(lambda _: self._end())  # also of a task that was canceled before its first step

    async def run(self) -> None:
        """Follow all projects to their ends, draw what changes, freeze the view, and say that it is over."""
        drawing = asyncio.create_task(self._draw())
        try:
            await self._watching.run(pictures=self._view.has_pictures)
        finally:
            drawing.cancel()
            self._end()

    async def _draw(self) -> None:
        while True:
            await asyncio.sleep(REDRAW)
            if self._view.may_draw:  # before the panel is made: of 1,000 rows it takes 10 ms
                self._view.update(self.panel)

    async def _wait(self, timeout: float | None) -> None:
        """Wait in ticks: a plain await may not notice an interrupt until something else wakes the loop."""
        ended = asyncio.wrap_future(self._ended)
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while not self._over():
            if deadline is not None and loop.time() >= deadline:
                raise self._not_ended(timeout)
            await asyncio.wait([ended], timeout=TICK)

    def _over(self) -> bool:
        """Whether it has ended; a watch whose loop was closed under it is ended here, as nobody else can."""
        if self._loop is not None and self._loop.is_closed():
            self._end()
        return self.done

    def _not_ended(self, timeout: float | None) -> WaitTimeoutError:
        open_lines = [line for line in self._lines if line.project is None or not line.project.finished]
        return WaitTimeoutError(
            f"After {timeout:g} s, {len(open_lines)} of {len(self._lines)} projects have not ended.",
            open_lines[0].project if open_lines else None,
        )

    def _end(self) -> None:
        """Freeze the view, and say that it is over. Twice is once."""
        self._watching.stop()
        self._view.finish(self.panel)
        with self._lock:
            if self._ended.done():
                return
            self._ended.set_result(None)
        if (let_go := self._view.kept) is not None:
            self._core.at_close.append(let_go)
        self._watching.forget()
        for callback in self._callbacks:
            self._call(callback)

    def _call(self, callback: Callback) -> None:
        try:
            callback(self)
        except BaseException as error:  # noqa: BLE001 - a user's code, SystemExit too, must not end our thread
            what = f"The on_complete callback raised {type(error).__name__}: {str(error).rstrip('.')}."
            self._callback_errors.append(MagicHourError(what))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
