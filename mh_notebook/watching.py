"""The work behind a watch: every project followed to its end, its outputs saved and shown where that is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from markupsafe import Markup

from .core import Core
from .lines import Line
from .protocol.errors import InvalidRefError, MagicHourError, unforeseen
from .protocol.models import Project
from .protocol.refs import Ref
from .spending import Spending
from .views.actions import Actions
from .views.shown import shown_html, unshown_html
from .views.state import Panel

Work = Callable[[Sequence[Line]], Coroutine[Any, Any, None]]


class Watching:
    """The lines of a watch, and what moves them. Runs on one loop; its panel is read from anywhere.

    Parameters
    ----------
    core : Core
    refs : sequence of Ref
        In the order in which they are shown; an InvalidRefError in place of one is a row that failed.
    download : bool
        Whether all outputs are saved.
    directory : Path, optional
        Where; the client's own unless given.
    directories : mapping of Ref to Path, optional
        Those whose outputs are saved all the same, each to a folder of its own.
    timeout : float, optional
        Seconds after which a project that has not ended is given up.
    spending : Spending, optional
        What warns of a budget that is passed.
    """

    def __init__(
        self,
        core: Core,
        refs: Sequence[Ref | InvalidRefError],
        *,
        download: bool,
        directory: Path | None,
        directories: Mapping[Ref, Path],
        timeout: float | None,
        spending: Spending | None,
    ) -> None:
        self.lines = [Line(ref, core.clock) for ref in dict.fromkeys(refs)]
        self._core, self._timeout, self._spending = core, timeout, spending
        self._directory = directory or core.directory
        known = [line.ref for line in self.lines if isinstance(line.ref, Ref)]
        everywhere = dict.fromkeys(known, self._directory) if download else {}
        self._targets: dict[Ref, Path | None] = {**dict.fromkeys(known), **everywhere, **directories}
        self._media = Markup("")
        self.errors: list[MagicHourError] = []  # of no single line
        self._tasks: asyncio.TaskGroup | None = None  # while it runs
        self._queue = asyncio.Lock()

    @property
    def panel(self) -> Panel:
        """What is shown now, a frozen value."""
        warning = "" if self._spending is None else self._spending.warning([line.item() for line in self.lines])
        return Panel(rows=tuple(line.row() for line in self.lines), media=self._media, warning=warning)

    async def run(self, *, pictures: bool) -> None:
        """Follow all projects to their ends, do what is asked meanwhile, and show at the end what was saved.

        Without `pictures` no file is read for that. Until all has ended, what is watched is written down, so that
        another kernel can go on with it.
        """
        await self._core.begin_watch(self._targets)
        own = await self._core.durations()
        if self._spending is not None:
            await self._spending.begin()
        async with asyncio.TaskGroup() as self._tasks:
            for line in self.lines:
                line.own = own
                self._tasks.create_task(self._follow(line))
        self._tasks = None
        if pictures and not self._media:
            await self._draw_media(self.lines, folded=True)

    def forget(self) -> None:
        """Write down that it has ended; where its client is being closed, with the kernel perhaps, it has not."""
        self._core.end_watch(self._targets)

    def stop(self) -> None:
        """Take in that nobody watches any more."""
        for line in self.lines:
            line.stop()

    def actions(self, loop: Callable[[], asyncio.AbstractEventLoop | None], stop: Callable[[], object]) -> Actions:
        """Make what the buttons do; clicks come on any thread, and are handed over to the loop."""

        def hand_over(work: Work) -> Callable[[Sequence[int]], None]:
            def ask(rows: Sequence[int]) -> None:
                running = loop()
                if running is not None and not running.is_closed():
                    running.call_soon_threadsafe(self._begin, work, [self.lines[row] for row in rows])

            return ask

        return Actions(stop=stop, show=hand_over(self._show), download=hand_over(self._save))

    def _begin(self, work: Work, lines: Sequence[Line]) -> None:
        if self._tasks is not None:
            asked = work(lines)
            with suppress(RuntimeError):  # all has ended meanwhile
                self._tasks.create_task(asked)
                return
            asked.close()

    async def _follow(self, line: Line) -> None:
        if isinstance(line.ref, InvalidRefError):
            return
        try:
            await self._core.follow(
                line.ref,
                lambda project: line.answered(project, self._core.api.skew),
                timeout=self._timeout,
                notice=line.pausing,
                queue=self._queue,
            )
        except Exception as error:  # noqa: BLE001 - this row fails, the others go on
            line.failed(_ours(error, str(line.ref)))
        else:
            if self._targets[line.ref] is not None:
                await self._save([line])

    async def _save(self, lines: Sequence[Line]) -> None:
        await asyncio.gather(*[self._save_one(line, project) for line in lines if (project := line.ready)])

    async def _save_one(self, line: Line, project: Project) -> None:
        line.downloading()
        directory = self._targets.get(Ref(project.kind, project.id)) or self._directory
        try:
            line.saved(await self._core.save.all(project, directory, line.progressed, line.pausing))
        except Exception as error:  # noqa: BLE001 - the same
            line.failed(_ours(error, str(line.ref)))

    async def _show(self, lines: Sequence[Line]) -> None:
        await self._save(lines)
        await self._draw_media(lines, folded=False)

    async def _draw_media(self, lines: Sequence[Line], *, folded: bool) -> None:
        projects = [line.project for line in lines if line.project is not None]
        try:
            self._media = await asyncio.to_thread(shown_html, projects, folded=folded)
        except Exception as error:  # noqa: BLE001 - what is shown fails, the watch goes on
            ours = _ours(error, "showing the outputs")
            self._media = unshown_html(ours)
            self.errors.append(ours)


def _ours(error: Exception, about: str) -> MagicHourError:
    return error if isinstance(error, MagicHourError) else unforeseen(error, about)
