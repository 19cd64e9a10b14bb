"""The servers that the contestants are measured against, each a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .bodies import ID, KINDS, body

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
ROOT = Path(__file__).parents[1]  # from where `python -m benchmarks...` is found
PATIENCE = 10.0  # seconds for a server to begin
MEGABYTE = 2**20

_CONFIGURATION = """
daemon off; {user} worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_temp_path {directory}/t1; proxy_temp_path {directory}/t2; fastcgi_temp_path {directory}/t3;
  uwsgi_temp_path {directory}/t4; scgi_temp_path {directory}/t5;
  types {{ }} default_type application/json;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    {projects}
    location /files/ {{ alias {directory}/; default_type video/mp4; }}
  }}
}}
"""
_PROJECT = "location ~ ^/v1/{kind}-projects/(?<file>[a-z]*)(?<number>.*)$ {{ return 200 '{body}'; }}"


@contextlib.contextmanager
def serving(
    directory: Path, *, delay: float = 0.0, plain: bool = False, renders: int = 0, speed: float = 1.0
) -> Iterator[tuple[str, str]]:
    """Serve projects, and the files of a directory as their outputs; yield the address and the server's name.

    The letters that an id begins with name the file that its link leads to.

    Parameters
    ----------
    delay : float
        Seconds that every answer of the API waits.
    plain : bool
        Do without nginx.
    renders : int
        Serve so many renders from a sandbox instead.
    speed : float
        Seconds of a render that pass in one real second.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if renders:
        command = [sys.executable, "-m", "benchmarks.rendering", str(port), str(renders), str(directory), str(speed)]
        name = "the sandbox"
    elif NGINX is None or delay or plain:
        command = [sys.executable, "-m", "benchmarks.plain_server", str(port), str(delay), str(directory)]
        name = "asyncio's own protocol (one Python process: it may be the bottleneck)"
    else:
        command = [NGINX, "-c", str(_configure(directory, port)), "-e", str(directory / "error.log")]
        name = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=True).stderr.split()[-1]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}", name
    finally:
        server.terminate()
        server.wait(PATIENCE)


def make_file(directory: Path, name: str, megabytes: int) -> None:
    """Make a file of noise: nothing on its way can make it smaller."""
    noise = os.urandom(MEGABYTE)
    with (directory / name).open("wb") as file:
        for _ in range(megabytes):
            file.write(noise)


def _configure(directory: Path, port: int) -> Path:
    file = directory / "nginx.conf"
    projects = "\n    ".join(
        _PROJECT.format(
            kind=kind, body=body(kind, f"http://127.0.0.1:{port}/files/$file?auth-token=x").replace(ID, "$file$number")
        )
        for kind in KINDS
    )
    user = "user root;" if os.geteuid() == 0 else ""
    file.write_text(_CONFIGURATION.format(directory=directory, port=port, projects=projects, user=user))
    return file


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError("the server did not begin")
