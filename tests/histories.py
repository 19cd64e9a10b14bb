"""Projects as the API describes them, histories to write them into, and kernels to kill meanwhile."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import mh_notebook as mh
from mh_notebook.history import History
from mh_notebook.protocol.decoding import decode_project
from mh_notebook.protocol.refs import Ref

KEY, OTHER_KEY = "mhk_live_s3cret_key_1", "mhk_live_s3cret_key_2"
LINK = "https://files.example/a.png?auth-token=s3cret"
SHAPES = {
    "image": {"image_count": 1},
    "video": {"width": 1, "height": 1, "start_seconds": 0, "end_seconds": 1, "fps": 1},
    "audio": {},
}
REFS = [Ref("image", "a"), Ref("video", "b"), Ref("audio", "c")]


def make(kind="image", id_="a", status="queued", charged=5, **changes):
    answer = {"id": id_, "name": "A name", "status": status, "type": "A", "created_at": "2026-01-01T00:00:00Z"}
    answer |= {"enabled": True, "credits_charged": charged, "downloads": [], "error": None}
    return decode_project(kind, json.dumps(answer | SHAPES[kind] | changes).encode())


def opened(path, token=KEY):
    return closing(History(path, token))


def asked(path, query, *values):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query, values).fetchall()


def changed(path, *statements):
    """Change a history behind its back."""
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


class TurnedClock:
    """A sandbox's clock that stands until it is turned on: renders end when the test says so."""

    def __init__(self):
        self._now = time.time()

    def __call__(self):
        return self._now

    def turn(self, seconds=3600.0):
        self._now += seconds


@contextmanager
def process(code, **variables):
    """Run a Python program; yield the process, whose output can be read; end it."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **{name: str(value) for name, value in variables.items()}}
    running = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def dead_kernel(sandbox, code):
    """Run `code` in a process of its own, with `mh` and the sandbox's key, until it prints "now"; then SIGKILL it."""
    with process(
        f"import mh_notebook as mh, time\n{code}\nprint('now', flush=True)\ntime.sleep(60)\n",
        MAGIC_HOUR_BASE_URL=sandbox.url,
        MAGIC_HOUR_API_KEY=sandbox.token,
        MAGIC_HOUR_POLL_INTERVAL=0.02,
        MH_NOTEBOOK_RENDERER="none",
    ) as kernel:
        assert kernel.stdout.readline() == "now\n"
        kernel.send_signal(signal.SIGKILL)
        assert kernel.wait(10) == -signal.SIGKILL


def environment_of(sandbox, monkeypatch):
    """Let the module's own functions talk to a sandbox, and ask often."""
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", sandbox.url)
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", sandbox.token)
    monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "0.02")
    monkeypatch.setenv("MH_NOTEBOOK_RENDERER", "none")
    return mh
