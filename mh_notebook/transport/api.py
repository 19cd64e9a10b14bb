"""Calls to the API: one attempt, and the attempts after it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from mh_notebook.protocol.answered import Answered
from mh_notebook.protocol.decoding import status_error
from mh_notebook.protocol.errors import NotFoundError
from mh_notebook.protocol.redaction import Secret
from mh_notebook.protocol.retrying import read_retry_after
from mh_notebook.version import __version__

from .bodies import read_body
from .clock import Clock
from .connection import Connections, our_errors
from .retries import persistently


class Api:
    """The one place from which the API host is called, and the only one that knows the key.

    Attributes
    ----------
    last_answer : Answered or None
        The newest answer of any status; None before the first.
    """

    def __init__(self, token: Secret, base_url: str, *, timeout: float, connections: Connections, clock: Clock) -> None:
        self.base_url, self.timeout = base_url, timeout
        self.last_answer: Answered | None = None
        self._date: str | None = None  # the newest that a server told
        self._skew = 0.0  # by it
        self._connections, self._clock = connections, clock
        self._base = URL(base_url, encoded=True)
        self._root = self._base.raw_path.rstrip("/")
        self._patience = aiohttp.ClientTimeout(total=None, sock_connect=timeout / 3)
        self._headers = CIMultiDict(
            {
                hdrs.AUTHORIZATION: Secret(f"Bearer {token}"),
                hdrs.ACCEPT: "application/json",
                hdrs.ACCEPT_ENCODING: "identity",  # 700 bytes gain nothing from being packed
                hdrs.USER_AGENT: f"mh-notebook/{__version__}",
            }
        )

    @property
    def skew(self) -> float:
        """Seconds by which the API's clock is ahead of ours (negative: behind), 0.0 while that is not known.

        By the newest answer that bore a date; what lies within its precision counts as 0.0.
        """
        return self._skew

    async def call(
        self,
        method: str,
        path: str,
        *,
        kind: str = "",
        id: str = "",
        once: bool = False,
    ) -> bytes:
        """Call the API, trying again after what may pass, all within one deadline; `once` makes one attempt.

        Returns
        -------
        bytes
            The body of a 200 to GET; of any 2xx to DELETE.

        Raises
        ------
        MagicHourError
            APIStatusError and its kinds, APIConnectionError, APITimeoutError, InvalidResponseError.
        """
        deadline, attempts = asyncio.get_running_loop().time() + self.timeout, 0

        async def attempt() -> bytes:
            nonlocal attempts
            attempts += 1
            seconds = max(deadline - asyncio.get_running_loop().time(), 0.01) / 2
            return await self._attempt(method, path, kind, id, seconds)

        if once:
            return await attempt()
        try:
            return await persistently(attempt, self._clock.sleep, deadline=deadline)
        except NotFoundError:
            if method == "DELETE" and attempts > 1:  # the first one did its work, only its answer was lost
                return b""
            raise

    async def _attempt(self, method: str, path: str, kind: str, id_: str, seconds: float) -> bytes:
        """Attempt once. One that stalls is given half of the time left, so that there is some for another."""
        connection, base = self._connections.here(), self._base
        url = base.with_path(self._root + path, encoded=True)  # a fifth of the time of reading it anew
        about = f"{kind} {id_}".strip() or path
        async with connection.requests:
            sent_at, started = time.time(), time.monotonic()
            with our_errors(about), connection.limits.within(seconds):
                async with connection.session.request(
                    method,
                    url,
                    headers=self._headers,
                    allow_redirects=False,
                    proxy=connection.proxy_for(base),
                    auto_decompress=False,  # `read_body` bounds what comes out of it
                    timeout=self._patience,
                ) as response:
                    status, headers, body = response.status, response.headers, await read_body(response, about)
        self._note(Answered(status, sent_at, time.monotonic() - started, headers.get(hdrs.DATE)))
        if status == 200 or (method == "DELETE" and 200 <= status <= 299):
            return body
        retry_after = read_retry_after(headers.get(hdrs.RETRY_AFTER), datetime.now(UTC))
        raise status_error(status, body, kind=kind, id=id_, retry_after=retry_after)

    def _note(self, answer: Answered) -> None:
        self.last_answer = answer
        if answer.date not in (None, self._date):  # once a second at most
            self._date, self._skew = answer.date, answer.certain_skew
