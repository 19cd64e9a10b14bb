"""aiohttp sessions: one for each event loop that a client is used on, and foreign errors turned into ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from types import TracebackType
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from mh_notebook.protocol.errors import APIConnectionError, APITimeoutError, ClientClosedError, MagicHourError
from mh_notebook.protocol.redaction import redact
from mh_notebook.settings import is_loopback

from .limits import Limits

CHUNK = 2**20  # bytes read at a time from a download
DOWNLOADS_AT_ONCE = 8


class Connection:
    """A session and the bounds on what it does at once, for one event loop."""

    def __init__(self, concurrency: int) -> None:
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the bounds below decide, and waiting at them is not timed
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
        )
        self.requests = asyncio.Semaphore(concurrency)
        self.downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self.limits = Limits()
        self.turns = asyncio.Lock()  # held by the watch that asks next
        self._proxies: dict[tuple[str, str], str | None] = {}

    def proxy_for(self, url: URL) -> str | None:
        """Return the proxy that the environment names for this host; none for this machine itself.

        aiohttp's own trust_env looks into the environment and ~/.netrc in a thread, twice for each request, and
        refuses a request that bears a key to a host that stands in ~/.netrc.
        """
        place = (url.scheme, url.host or "")
        if place not in self._proxies:
            through = None if is_loopback(place[1]) or proxy_bypass(place[1]) else getproxies().get(url.scheme)
            self._proxies[place] = through
        return self._proxies[place]

    async def close(self) -> None:
        """Close the session, on its own loop."""
        self.limits.let_go()
        await self.session.close()

    def abandon(self) -> None:
        """Let go of the session where nobody can be awaited any more; its sockets are closed all the same."""
        self.limits.let_go()
        connector = self.session.connector
        self.session.detach()
        if connector is not None:
            _begin(connector.close())


def _begin(closing: Awaitable[object]) -> None:
    """Take the first step of an awaitable, in which a connector closes what it holds, and leave the rest."""
    steps = closing.__await__()
    with suppress(StopIteration, RuntimeError):  # done in one step, or its loop is closed
        next(steps)
        steps.close()


class Connections:
    """The connections of one client, by event loop."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._by_loop: dict[asyncio.AbstractEventLoop, Connection] = {}
        self.closed = False

    def here(self) -> Connection:
        """Return the running loop's connection, made at first use; raises ClientClosedError."""
        if self.closed:
            raise ClientClosedError
        loop = asyncio.get_running_loop()
        connection = self._by_loop.get(loop)
        if connection is None:
            self._abandon_closed_loops()
            connection = self._by_loop[loop] = Connection(self._concurrency)
        return connection

    async def close(self) -> None:
        """Close the running loop's connection, and let go of those whose loops are closed."""
        self.closed = True
        connection = self._by_loop.pop(asyncio.get_running_loop(), None)
        if connection is not None:
            await connection.close()
        self._abandon_closed_loops()

    def abandon(self) -> None:
        """Let go of all, from any thread."""
        self.closed = True
        for loop in list(self._by_loop):
            connection = self._by_loop.pop(loop)
            if loop.is_running():
                loop.call_soon_threadsafe(connection.abandon)
            else:
                connection.abandon()

    def _abandon_closed_loops(self) -> None:
        for loop in [loop for loop in self._by_loop if loop.is_closed()]:
            self._by_loop.pop(loop).abandon()


class our_errors:  # noqa: N801 - used as contextlib's own; a generator would cost a hundredth of each call
    """Turn what aiohttp and the system raise into our errors. Their texts hold links, so none is chained."""

    __slots__ = ("_about",)

    def __init__(self, about: str) -> None:
        self._about = about

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and (ours := _ours(error, self._about)) is not None:
            raise ours from None


def _ours(error: BaseException, about: str) -> MagicHourError | None:
    if isinstance(error, TimeoutError):
        return APITimeoutError(
            f"No answer in time about {about}.",
            hint="Check the network, or make the client with a longer timeout=.",
        )
    if isinstance(error, aiohttp.ClientError | OSError | ValueError):
        return APIConnectionError(
            f"The connection failed while asking about {about}: {describe(error)}.",
            hint="Check the network and the address, then run it again.",
        )
    closed = isinstance(error, RuntimeError) and "closed" in str(error).lower()
    return ClientClosedError() if closed else None  # aiohttp's word for a session closed meanwhile


def describe(error: BaseException) -> str:
    """Say what a connection died of, without a link."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return redact(f"cannot reach {error.host}:{error.port} ({error.os_error.strerror or error.os_error})")
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return "the server closed the connection"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut short"
    if isinstance(error, aiohttp.TooManyRedirects):
        return "too many redirects"
    return type(error).__name__
