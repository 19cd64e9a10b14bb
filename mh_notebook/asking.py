"""When a followed project is asked about: at its best time, and in its turn among all that are watched."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping, Sequence

from .protocol.errors import MagicHourError
from .protocol.models import Project
from .protocol.polling import next_pause, read_interval
from .protocol.throttle import Throttle
from .protocol.typical import typical
from .transport.clock import Clock
from .transport.connection import Connections

Durations = Mapping[tuple[str, str], Sequence[float]]
"""Seconds that the user's own projects took, by kind and type."""


class Turns:
    """The one queue in which all watches of a client wait to ask: each watch in turn, however many it follows.

    Attributes
    ----------
    watched : int
        How many projects are followed now.
    """

    def __init__(self, clock: Clock, connections: Connections) -> None:
        self.watched = 0
        self._clock, self._connections, self._throttle = clock, connections, Throttle()

    async def next(self, queue: asyncio.Lock) -> None:
        """Wait until a question may go, at the head of its watch's queue, then of all watches'; it is taken to go."""
        async with queue, self._connections.here().turns:
            while (pause := self._throttle.pause(self._clock.now())) > 0:
                await self._clock.sleep(pause)
            self._throttle.take(self._clock.now())

    def heard(self, error: MagicHourError) -> None:
        """Take in an error of the API: one that asks for fewer questions is heeded."""
        if getattr(error, "status", None) == 429:
            self._throttle.refused(self._clock.now(), getattr(error, "retry_after", None))


class Asking:
    """When one followed project is asked about next.

    Attributes
    ----------
    fixed : float or None
        The user's own interval in real seconds: then nothing else counts, nor is there a queue.
    """

    def __init__(self, clock: Clock, turns: Turns, own: Durations, queue: asyncio.Lock) -> None:
        self.fixed = read_interval(os.environ.get("MAGIC_HOUR_POLL_INTERVAL"))
        self._clock, self._turns, self._own, self._queue = clock, turns, own, queue
        self._began = clock.now()  # the wait, or the render once it is known
        self._drafted = self._submitted = False

    async def turn(self) -> None:
        """Wait until a question may go."""
        if self.fixed is None:
            await self._turns.next(self._queue)

    def answered(self, project: Project, skew: float) -> None:
        """Take in an answer of a server whose clock is so many seconds ahead: since when it renders."""
        if project.status == "draft":
            self._drafted = True
        elif not self._submitted:
            age = 0.0 if self._drafted else self._clock.age(project.created_at, skew=skew)
            self._began = self._clock.now() - age
            self._submitted = True

    async def pause(self, project: Project | None) -> None:
        """Pause until the next question about a project, last seen so; None: not seen yet."""
        if self.fixed is not None:  # the user's own interval is real time
            await asyncio.sleep(self.fixed)
            return
        kind, type_ = ("", "") if project is None or project.status == "draft" else (project.kind, project.type)
        expected = typical(kind, type_, self._own.get((kind, type_), ()))
        elapsed, watched = self._clock.now() - self._began, self._turns.watched
        await self._clock.sleep(next_pause(elapsed, random.random(), expected, kind=kind, watched=watched))
