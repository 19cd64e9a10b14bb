"""A server in bare asyncio: used where answers are to come late, and where there is no nginx."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from .bodies import ID, KINDS, body

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
_PIECE = 2**20


class _Answering(asyncio.Protocol):
    """Answers each request on a connection, after a delay. Requests are taken to come whole."""

    def __init__(self, bodies: dict[str, bytes], delay: float, directory: Path) -> None:
        self._bodies, self._delay, self._directory = bodies, delay, directory
        self._room = asyncio.Event()
        self._room.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def data_received(self, data: bytes) -> None:
        for request in data.split(b"\r\n\r\n")[:-1]:
            path = request.split(b" ", 2)[1].decode().partition("?")[0]
            if path.startswith("/files/"):
                self._sending = asyncio.ensure_future(self._send(self._directory / path.rpartition("/")[2]))
                continue
            _, _, collection, id_ = path.split("/")
            answer = self._bodies[collection.partition("-")[0]].replace(ID.encode(), id_.encode())
            answer = answer.replace(b"__file__", id_.rstrip("0123456789").encode())
            answer = _HEAD % (b"application/json", len(answer)) + answer
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
            else:
                self._transport.write(answer)

    async def _send(self, path: Path) -> None:
        self._transport.write(_HEAD % (b"video/mp4", path.stat().st_size))
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                await self._room.wait()
                self._transport.write(piece)


async def main(port: int, delay: float, directory: Path) -> None:
    """Serve until the process is ended."""
    link = f"http://127.0.0.1:{port}/files/__file__?auth-token=x"
    bodies = {kind: body(kind, link).encode() for kind in KINDS}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(bodies, delay, directory), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
