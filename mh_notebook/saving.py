"""A project's outputs to files: known ones at once, links that have run out healed, broken streams gone on with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from .history import History, absolute
from .protocol.errors import DownloadError, MagicHourError
from .protocol.models import Download, Project
from .protocol.naming import output_stem
from .protocol.refs import Ref
from .protocol.retrying import is_transient
from .transport.clock import Clock
from .transport.connection import Connections
from .transport.download import STALL, ExpiredLinkError, OnBytes, fetch_output
from .transport.files import SavedFile, existing_output, foreign_file, on_disk, read_saved
from .transport.retries import Notice, persistently

LINK_MARGIN = timedelta(seconds=5)  # a link that runs out sooner is not begun with


class Saver:
    """Saves outputs, each by itself.

    Parameters
    ----------
    fetch
        Gets a project anew, for fresh links.
    """

    def __init__(
        self,
        fetch: Callable[[Ref], Awaitable[Project]],
        connections: Connections,
        clock: Clock,
        history: History | None,
        directory: Path,
        stall: float = STALL,
    ) -> None:
        self._fetch, self._connections, self._clock = fetch, connections, clock
        self._history, self._directory, self._stall = history, directory, stall

    async def all(
        self,
        project: Project,
        directory: Path | None = None,
        on_bytes: OnBytes | None = None,
        notice: Notice | None = None,
    ) -> list[SavedFile]:
        """Save all outputs of a project, in order; raises at the first that cannot be."""
        numbers = range(1, len(project.downloads) + 1)
        return [await self.one(project, number, directory, on_bytes, notice) for number in numbers]

    async def one(
        self,
        project: Project,
        number: int,
        directory: Path | None = None,
        on_bytes: OnBytes | None = None,
        notice: Notice | None = None,
        *,
        hashed: bool = False,
    ) -> SavedFile:
        """Save output `number` (from 1). One that this history saw saved, and that is whole, costs no request.

        Its SHA-256 is waited for where it is wanted: `hashed`. Else the history's thread reads it by and by.
        """
        folder, stem = directory or self._directory, output_stem(project.id, number)
        if (file := await self._known(folder, stem)) is not None:
            return file
        ref, link = Ref(project.kind, project.id), project.downloads[number - 1]
        fetch = _Fetch(self, folder, stem, on_bytes or _ignore, notice, hashed=hashed)
        if link.expires_at <= datetime.now(UTC) + LINK_MARGIN:
            link = await self._fresh_link(ref, number)
        try:
            file = await fetch.by(link)
        except ExpiredLinkError:
            file = await fetch.by(await self._fresh_link(ref, number))
        if self._history is not None:
            path = absolute(file.path)
            await asyncio.wrap_future(self._history.saved(ref, path, file.bytes, file.sha256, number))
        return file

    async def _known(self, folder: Path, stem: str) -> SavedFile | None:
        """Return the file if the history says that we saved it; raises DownloadError if it was changed since."""
        if self._history is None or (path := await on_disk(folder, existing_output, folder, stem)) is None:
            return None
        sha256 = await asyncio.wrap_future(self._history.saved_sha256(absolute(path)))
        if not sha256:
            return None
        file = await on_disk(path, read_saved, path)
        if file.sha256 != sha256:
            raise foreign_file(path, "it was changed since it was saved")
        return file

    async def _fresh_link(self, ref: Ref, number: int) -> Download:
        project = await self._fetch(ref)
        if len(project.downloads) < number:
            raise DownloadError(f"{ref} has no output {number} any more.", hint="It may have been deleted meanwhile.")
        return project.downloads[number - 1]


class _Fetch:
    """One output on its way: what to call with, and how far it came."""

    def __init__(
        self, saver: Saver, folder: Path, stem: str, on_bytes: OnBytes, notice: Notice | None, *, hashed: bool
    ) -> None:
        self._saver, self._folder, self._stem, self._hashed = saver, folder, stem, hashed
        self._on_bytes, self._notice = on_bytes, notice
        self._furthest = 0

    async def by(self, link: Download) -> SavedFile:
        """Fetch by this link; every failure is a DownloadError."""
        try:
            return await self._persistently(link)
        except DownloadError as error:
            raise error.with_traceback(None) from None  # the frames below hold the link
        except MagicHourError as error:
            message = f"Could not fetch {self._stem}: {error.message}"
            raise DownloadError(message, hint="Run it again: it goes on where it stopped.") from None

    async def _persistently(self, link: Download) -> SavedFile:
        """Try again as the policy says, and anew for as long as bytes came meanwhile."""
        while True:
            before = self._furthest
            try:
                return await self._attempts(link)
            except MagicHourError as error:
                if not is_transient(error) or self._furthest <= before:
                    raise

    async def _attempts(self, link: Download) -> SavedFile:
        saver = self._saver
        connection = saver._connections.here()

        def attempt() -> Awaitable[SavedFile]:
            folder, stem, stall = self._folder, self._stem, saver._stall
            return fetch_output(connection, link.url, folder, stem, self._came, stall, hashed=self._hashed)

        return await persistently(attempt, saver._clock.sleep, notice=self._notice)

    def _came(self, done: int, total: int | None) -> None:
        self._furthest = max(self._furthest, done)
        self._on_bytes(done, total)


def with_paths(project: Project, files: Iterable[SavedFile]) -> Project:
    """Return the project with the files that were saved."""
    return msgspec.structs.replace(project, downloaded_paths=tuple(file.path for file in files))


def _ignore(done: int, total: int | None) -> None:
    """Tell nobody."""
