"""The HTTP face: both hosts on a thread and a loop of their own, ended together."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress

from aiohttp import web

from mh_notebook.protocol.errors import PortInUseError
from mh_notebook.sandbox import api, files
from mh_notebook.sandbox.answers import Answer, Ask, refusal
from mh_notebook.sandbox.faults import Fault
from mh_notebook.sandbox.store import Request, Store

_HOST = "127.0.0.1"
_CHUNK = 256 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: the close becomes a TCP reset

Responder = Callable[[Store, Ask], Awaitable[Answer]]


class Server:
    """Serves a store until it is closed.

    Parameters
    ----------
    store : Store
        What to serve.
    port : int
        Port of the API host; 0 takes a free one. The media host always takes a free one.
    """

    def __init__(self, store: Store, port: int = 0) -> None:
        self._store = store
        self._port = port
        self._ready: Future[tuple[str, str]] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="mh-sandbox", daemon=True)

    def start(self) -> tuple[str, str]:
        """Start serving and return the addresses of the API host and the media host.

        Raises
        ------
        PortInUseError
            The port is in use.
        """
        self._thread.start()
        try:
            return self._ready.result()
        except OSError as error:
            self._thread.join()
            if error.errno != errno.EADDRINUSE:
                raise
            text = f"port {self._port} is in use: choose another or leave it 0"
            raise PortInUseError(text) from None

    def close(self) -> None:
        """Stop serving and wait for the thread's end; closing twice is fine."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        # A dropped sandbox may be collected on this very thread, which cannot wait for itself.
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        # At its exit Python 3.12 starts no thread any more, which the runner's end would want.
        with suppress(RuntimeError), asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            try:
                runner.run(self._serve())
            except OSError as error:
                self._ready.set_exception(error)

    async def _serve(self) -> None:
        hosts = [(_answer_api, "api", self._port), (_answer_file, "media", 0)]
        runners: list[web.ServerRunner] = []
        try:
            urls = [await self._listen(runners, *host) for host in hosts]
            self._store.media_url = urls[1]
            self._ready.set_result((urls[0], urls[1]))
            await self._stop.wait()
        finally:
            for runner in runners:
                await runner.cleanup()

    async def _listen(self, runners: list[web.ServerRunner], respond: Responder, host: str, port: int) -> str:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await _handle(self._store, respond, host, request)

        runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.05)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, _HOST, port).start()
        return f"http://{_HOST}:{runner.addresses[0][1]}"


async def _answer_api(store: Store, ask: Ask) -> Answer:
    return api.answer(store, ask)


async def _answer_file(store: Store, ask: Ask) -> Answer:
    if (ask.path, store.versions[ask.path]) in store.outputs:
        return files.answer(store, ask)
    # Drawing takes a tenth of a second; the loop must go on meanwhile.
    return await asyncio.to_thread(files.answer, store, ask)


async def _handle(store: Store, respond: Responder, host: str, request: web.BaseRequest) -> web.StreamResponse:
    at = store.clock()
    fault = store.faults.take(request.method, request.path)
    body = await request.read() if request.can_read_body else b""
    ask = Ask(request.method, request.path, request.query, request.headers, body)
    answer = await _decide(store, respond, ask, fault)
    status = 0 if fault and fault.reset else answer.status
    authorized = "Authorization" in request.headers
    seen = Request(ask.method, ask.path, host, at, status, authorized, request.headers.get("Range"))
    store.requests.append(seen)
    if fault is None and len(answer.body) <= _CHUNK:
        return web.Response(status=answer.status, headers=answer.headers, body=bytes(answer.body))
    return await _send(request, answer, fault or Fault())


async def _decide(store: Store, respond: Responder, ask: Ask, fault: Fault | None) -> Answer:
    if fault is None:
        return await respond(store, ask)
    if fault.changed:
        store.versions[ask.path] += 1
    if fault.performed or not fault.replaces:
        answer = await respond(store, ask)
    if fault.replaces:
        answer = files.expired() if fault.expired else _replacement(fault)
    added = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Answer(answer.status, {**answer.headers, **added, **(fault.headers or {})}, answer.body)


def _replacement(fault: Fault) -> Answer:
    status = fault.status or 200
    if fault.body is None:
        return refusal(status)
    return Answer(status, {"Content-Type": "application/json"}, fault.body)


async def _send(request: web.BaseRequest, answer: Answer, fault: Fault) -> web.StreamResponse:
    if fault.stall and fault.cut_after is None:
        await asyncio.sleep(fault.stall)
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if fault.reset:
        _drop(request, reset=True)
        return response
    size = len(answer.body)
    response.content_length = size if fault.wrong_size is None else fault.wrong_size
    await response.prepare(request)
    if request.method != "HEAD":
        await _write(response, memoryview(answer.body)[: fault.cut_after])
    if fault.cut_after is not None:
        await asyncio.sleep(fault.stall or 0)
    if fault.cut_after is not None or (fault.wrong_size or 0) > size:
        _drop(request)
    return response


async def _write(response: web.StreamResponse, body: memoryview) -> None:
    for start in range(0, len(body), _CHUNK):
        await response.write(body[start : start + _CHUNK])


def _drop(request: web.BaseRequest, *, reset: bool = False) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    else:
        transport.close()
