"""A server that says what it is told to, byte by byte, right or wrong."""

import socket
import threading
from contextlib import contextmanager


class RawServer:
    """Answers each connection with the next script; remembers what was asked."""

    def __init__(self, scripts):
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self.asked = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self):
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            thread = threading.Thread(target=self._answer, args=(connection, script), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection, script):
        with connection:
            connection.settimeout(10)
            try:
                request = b""
                while b"\r\n\r\n" not in request and not request.startswith(b"\x16"):  # the greeting of TLS
                    if not (more := connection.recv(65536)):
                        return
                    request += more
                self.asked.append(request.decode("latin-1"))
                for piece in script(self._stop) if callable(script) else [script]:
                    connection.sendall(piece)
            except OSError:
                return

    def close(self):
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


@contextmanager
def raw_server(*scripts):
    """Serve scripts, one for each connection, the last one for all that follow."""
    server = RawServer(scripts)
    try:
        yield server
    finally:
        server.close()


def answer(body, status="200 OK", length=None, **headers):
    """Write out an HTTP answer; the connection is closed after it."""
    lines = {"Content-Length": str(len(body) if length is None else length), "Connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def drip(piece, pause, count):
    """A script that sends a piece, waits, and sends it again."""

    def script(stop):
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
        for _ in range(count):
            yield piece
            if stop.wait(pause):
                return

    return script


def silence(stop):
    """A script that says nothing."""
    stop.wait(10)
    return []
