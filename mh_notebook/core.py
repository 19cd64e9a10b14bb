"""The asynchronous heart that both clients share: get, resolve, wait, download and delete, and write it all down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from .asking import Asking, Durations, Turns
from .history import History
from .protocol.decoding import decode_account, decode_project
from .protocol.errors import (
    APIStatusError,
    InvalidResponseError,
    MagicHourError,
    NotFoundError,
    WaitTimeoutError,
    unforeseen,
)
from .protocol.kinds import KINDS
from .protocol.models import Account, Project
from .protocol.redaction import Secret
from .protocol.refs import Ref
from .protocol.retrying import is_transient
from .protocol.throttle import MOST
from .saving import Saver
from .transport.api import Api
from .transport.clock import Clock
from .transport.connection import Connections
from .transport.retries import Notice, persistently

T = TypeVar("T")
S = TypeVar("S")

TROUBLES_IN_A_ROW = 5  # rounds of retries that may fail within a wait before it gives up


class Core:
    """What a client does, on whatever loop it is awaited."""

    def __init__(
        self,
        token: Secret,
        base_url: str,
        *,
        timeout: float,
        concurrency: int,
        directory: Path,
        history: History | None,
        clock: Clock,
        stall: float,
    ) -> None:
        self.concurrency, self.directory, self.history, self.clock = concurrency, directory, history, clock
        self.connections = Connections(concurrency)
        self.api = Api(token, base_url, timeout=timeout, connections=self.connections, clock=clock)
        self.turns = Turns(clock, self.connections)
        self.watches: set[asyncio.Task[None]] = set()  # a loop alone does not keep its tasks alive
        self.save = Saver(self.fetch, self.connections, clock, history, directory, stall)
        self.at_close: list[Callable[[], None]] = []  # what has to stay until then
        self._kinds: dict[str, str] = {}  # of bare ids that were looked up
        self._own: Durations | None = None  # as last read
        self.closing = False  # said before the watches are ended: they do not end by themselves

    async def account(self) -> Account:
        """Get the account that owns the key."""
        return decode_account(await self.api.call("GET", "/v1/account"))

    async def fetch(self, ref: Ref) -> Project:
        """Get one project and write down how it looks."""
        project = await self._fetch_any(ref)
        self._observe([project])
        return project

    async def fetch_each(self, refs: Sequence[Ref]) -> list[Project | MagicHourError]:
        """Get many projects, each as it is or as its error, in order; written down before and after, at once."""
        await self.remember(refs)
        answers = await each(refs, self._fetch_or_error, self.concurrency)
        self._observe([answer for answer in answers if isinstance(answer, Project)])
        return answers

    async def remember(self, refs: Iterable[Ref]) -> None:
        """Write down that these projects exist; done when it is on disk."""
        if self.history is not None:
            await asyncio.wrap_future(self.history.remember(refs))

    async def begin_watch(self, targets: Mapping[Ref, Path | None]) -> None:
        """Write down that these are being watched, and where their outputs go; done when it is on disk."""
        if self.history is not None:
            await asyncio.wrap_future(self.history.watching(targets))

    def end_watch(self, refs: Iterable[Ref]) -> None:
        """Write down that a watch has ended by itself or was stopped; waits for nothing.

        One that ends because its client is closed, with the kernel for instance, stays written down: `resume` takes
        it up again.
        """
        if self.history is not None and not self.closing:
            self.history.watched(list(refs))

    async def durations(self) -> Durations:
        """Seconds that the user's own projects took, by kind and type, newest last."""
        own = None if self.history is None else await asyncio.wrap_future(self.history.durations())
        self._own = own or {}
        return self._own

    async def delete(self, ref: Ref) -> None:
        """Delete a project for good, once the history has what it cost: afterwards nobody can ask."""
        was_there = False
        if self.history is not None:
            with suppress(APIStatusError, InvalidResponseError):  # it may be deleted for all that
                await self.fetch(ref)
                was_there = True
        try:
            await self.api.call("DELETE", ref.path, kind=ref.kind, id=ref.id)
        except NotFoundError:
            if not was_there:
                raise  # else it is gone now: aiohttp asks again by itself where an answer was lost
        if self.history is not None:
            await asyncio.wrap_future(self.history.remember([ref]))
            await asyncio.wrap_future(self.history.deleted(ref))

    async def follow(
        self,
        ref: Ref,
        on_change: Callable[[Project], None],
        *,
        timeout: float | None = None,
        notice: Notice | None = None,
        queue: asyncio.Lock | None = None,
    ) -> Project:
        """Ask about a project until its render has ended.

        Parameters
        ----------
        queue : Lock, optional
            Of the watch: its projects wait there, so that watches take turns whatever their sizes.

        Raises
        ------
        WaitTimeoutError
            It had not ended after `timeout` real seconds; carries the project as last seen.
        """
        last: list[Project] = []
        self.turns.watched += 1
        try:
            async with asyncio.timeout(timeout) as limit:
                async for project in self._answers(ref, notice, queue or asyncio.Lock()):
                    last[:] = [project]
                    on_change(project)
        except TimeoutError:
            if not limit.expired():  # an APITimeoutError of ours is a TimeoutError too
                raise
            message = _too_late(ref, timeout, last, self.turns.watched)
            raise WaitTimeoutError(message, last[0] if last else None) from None
        finally:
            self.turns.watched -= 1
        return last[0]

    async def _answers(self, ref: Ref, notice: Notice | None, queue: asyncio.Lock) -> AsyncIterator[Project]:
        """Each answer about a project up to the last one, with a pause between two, and none after the last."""
        own = await self.durations() if self._own is None else self._own  # a watch of many has read them
        asking, troubles, before = Asking(self.clock, self.turns, own, queue), 0, None
        last: Project | None = None
        while True:
            try:
                project = await persistently(lambda: self._ask(ref, asking), self.clock.sleep, notice=notice)
            except MagicHourError as error:
                troubles += 1
                if not is_transient(error) or troubles >= TROUBLES_IN_A_ROW:
                    raise
            else:
                troubles, answered = 0, self.clock.now()
                if last is None or (last.status, last.credits_charged) != (project.status, project.credits_charged):
                    self._observe([project], None if before is None else answered - before)
                before, last = answered, project
                yield project
                if project.finished:
                    return
                asking.answered(project, self.api.skew)
            await asking.pause(last)

    async def _ask(self, ref: Ref, asking: Asking) -> Project:
        """Ask once, in turn: what is asked again waits for its next."""
        await asking.turn()
        try:
            return await self._fetch_any(ref, once=True)
        except MagicHourError as error:
            self.turns.heard(error)
            raise

    def _observe(self, projects: Sequence[Project], gap: float | None = None) -> None:
        """Hand over to the history's own thread, which keeps their order; nobody waits for it."""
        if self.history is not None:
            self.history.observe(projects, gap)

    async def close(self) -> None:
        """End the watches, close the sessions of the running loop, and write what is left of the history."""
        self.closing = True
        for watch in list(self.watches):
            watch.cancel()
        if self.watches:
            await asyncio.wait(self.watches, timeout=1.0)
        await self.connections.close()
        for let_go in self.at_close:
            let_go()
        self.let_go()

    def let_go(self) -> None:
        """Let go of what is left, and wait for nothing. From any thread, the garbage collector's too; twice is fine."""
        self.closing = True
        self.connections.abandon()
        if self.history is not None:
            self.history.let_go()

    def finish(self) -> None:
        """Let go of what is left, and wait until all is written."""
        self.let_go()
        if self.history is not None:
            self.history.close()

    async def _fetch_or_error(self, ref: Ref) -> Project | MagicHourError:
        try:
            return await self._fetch_any(ref)
        except MagicHourError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a fault of ours: this project fails, the others go on
            return unforeseen(error, str(ref))

    async def _fetch_any(self, ref: Ref, *, once: bool = False) -> Project:
        if not ref.kind:
            ref = Ref(await self._known_kind(ref.id), ref.id)
        if ref.kind:
            return await self._fetch_known(ref, once=once)
        for kind in KINDS:
            with suppress(NotFoundError):
                project = await self._fetch_known(Ref(kind, ref.id), once=once)
                self._kinds[ref.id] = kind
                return project
        raise NotFoundError(404, "neither an image, nor a video, nor an audio project", id=ref.id)

    async def _fetch_known(self, ref: Ref, *, once: bool) -> Project:
        try:
            body = await self.api.call("GET", ref.path, kind=ref.kind, id=ref.id, once=once)
        except NotFoundError as error:
            if self.history is not None and error.server_message:  # the API's own words, not some proxy's page
                self.history.missing(ref)
            raise
        return decode_project(ref.kind, body)

    async def _known_kind(self, id_: str) -> str:
        if id_ not in self._kinds and self.history is not None:
            kind = await asyncio.wrap_future(self.history.kind_of(id_))
            self._kinds[id_] = kind or ""
        return self._kinds.get(id_, "")


async def each(items: Sequence[S], work: Callable[[S], Awaitable[T]], at_once: int) -> list[T]:
    """Do `work` on each item, so many at once, and return the results in order.

    As many workers as run at once, not a task per item: 20,000 items cost 32 tasks.
    """
    results: list[Any] = [None] * len(items)
    remaining = iter(enumerate(items))

    async def worker() -> None:
        for index, item in remaining:
            results[index] = await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(items))):
            group.create_task(worker())
    return results


def _too_late(ref: Ref, timeout: float | None, last: list[Project], watched: int) -> str:
    status = f"still {last[0].status}" if last else "not answered"
    queue = f": {watched:,} are watched, and {MOST:g} a second are asked about" if not last and watched > MOST else ""
    return f"After {timeout:g} s, {ref} is {status}{queue}."
