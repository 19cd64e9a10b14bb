"""Calls to the API: one attempt, and the attempts after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
from yarl import URL

from mh_notebook.protocol.decoding import status_error
from mh_notebook.protocol.errors import InvalidResponseError, MagicHourError, NotFoundError
from mh_notebook.protocol.redaction import Secret
from mh_notebook.protocol.retrying import is_transient, read_retry_after
from mh_notebook.version import __version__

from .clock import Clock
from .connection import CHUNK, Connections, our_errors
from .retries import Notice, retrying

LARGEST_ANSWER = 8 * CHUNK  # bytes; a project's details are some 700


class Api:
    """The one place from which the API host is called, and the only one that knows the key."""

    def __init__(self, token: Secret, base_url: str, *, timeout: float, connections: Connections, clock: Clock) -> None:
        self.base_url, self.timeout = base_url, timeout
        self._connections, self._clock = connections, clock
        self.skew = 0.0
        self._headers = {
            "Authorization": Secret(f"Bearer {token}"),
            "Accept": "application/json",
            "User-Agent": f"mh-notebook/{__version__}",
        }

    async def call(
        self,
        method: str,
        path: str,
        *,
        kind: str = "",
        id: str = "",
        notice: Notice | None = None,
    ) -> bytes:
        """Call the API, trying again after what may pass, all within one deadline.

        Returns
        -------
        bytes
            The body of a 200 to GET; of any 2xx to DELETE.

        Raises
        ------
        MagicHourError
            APIStatusError and its kinds, APIConnectionError, APITimeoutError, InvalidResponseError.
        """
        deadline = asyncio.get_running_loop().time() + self.timeout

        async def attempt() -> bytes:
            seconds = max(deadline - asyncio.get_running_loop().time(), 0.01)
            return await self._attempt(method, path, kind, id, seconds)

        try:
            return await attempt()
        except MagicHourError as error:
            if not is_transient(error):
                raise
            first = error
        return await self._try_again(attempt, first, deadline, notice, lost_delete=method == "DELETE")

    async def _try_again(
        self,
        attempt: Callable[[], Awaitable[bytes]],
        first: MagicHourError,
        deadline: float,
        notice: Notice | None,
        *,
        lost_delete: bool,
    ) -> bytes:
        """Replay the first failure, then attempt on. Success at once, the usual case, pays for none of this."""
        replay = [first]

        async def next_attempt() -> bytes:
            if replay:
                raise replay.pop()
            return await attempt()

        try:
            return await retrying(self._clock.sleep, deadline=deadline, notice=notice)(next_attempt)
        except NotFoundError:
            if lost_delete:  # the first DELETE did its work, only its answer was lost
                return b""
            raise

    async def _attempt(self, method: str, path: str, kind: str, id_: str, seconds: float) -> bytes:
        connection = self._connections.here()
        url = URL(self.base_url + path, encoded=True)
        about = f"{kind} {id_}".strip() or path
        async with connection.requests:
            with our_errors(about):
                async with connection.session.request(
                    method,
                    url,
                    headers=self._headers,
                    allow_redirects=False,
                    proxy=connection.proxy_for(url),
                    timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=seconds / 3, sock_read=seconds / 3),
                ) as response:
                    status, headers, body = response.status, response.headers, await _read(response, about)
        if status == 200 or (method == "DELETE" and 200 <= status <= 299):
            return body
        retry_after = read_retry_after(headers.get("Retry-After"), datetime.now(UTC))
        raise status_error(status, body, kind=kind, id=id_, retry_after=retry_after)


async def _read(response: aiohttp.ClientResponse, about: str) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_ANSWER:
            response.close()
            raise InvalidResponseError(f"Asked about {about}, the API sent more than {LARGEST_ANSWER} bytes.")
    return b"".join(chunks)
