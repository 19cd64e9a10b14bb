"""What it costs to watch many renders: `python -m benchmarks.watched [COUNT ...]` prints the table.

A real kernel watches them with the widgets that a notebook gets; its messages are counted as a front end gets them. The
renders are a sandbox's, in another process and in real time, and the pauses are the package's own.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import run_kernel

from .bodies import TOKEN, refs
from .servers import ROOT, serving

COUNTS = (10, 100, 1000)
SECONDS = 30.0  # of a watch
IDLE = 5.0  # seconds after it, for what a kernel takes anyway
PATIENCE = 60.0  # seconds for a cell
SHOWN = ("comm_open", "comm_msg", "comm_close", "display_data", "update_display_data")

TICKING = """
import asyncio, time
late = []

async def tick():
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(0.01)
        late.append(loop.time() - before - 0.01)

client.account()
ticking = asyncio.run_coroutine_threadsafe(tick(), client._thread.loop)
"""
_CLIENT = "client = mh.Client({token!r}, {url!r}, history={history!r})" + TICKING
_BEGIN = "late.clear(); began, worked = time.perf_counter(), time.process_time()"
_WATCH = _BEGIN + "; opened = time.time(); monitor = client.projects.watch({refs!r})"
_TOLD = """
took, cpu = time.perf_counter() - began, time.process_time() - worked
told = {"seconds": took, "cpu": cpu / took, "late": sorted(late), "opened": opened}
print(json.dumps(told | {"ended": sum(project.finished for project in monitor.projects)}))
"""


def watched(count: int, seconds: float = SECONDS, idle: float = IDLE) -> dict[str, float]:
    """Watch so many renders for some seconds, all begun just before; return what that cost the kernel."""
    print(f"{count:,} watched ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as name, _kernel(name) as kernel:
        _run(kernel, "import json, mh_notebook as mh")  # before the renders begin
        with serving(Path(name), renders=count) as (url, _):
            _run(kernel, _CLIENT.format(token=TOKEN, url=url, history=f"{name}/history.sqlite"))
            opening = _run(kernel, _WATCH.format(refs=refs(count)))
            live = _listen(kernel, seconds)
            told = _told(kernel)
            _run(kernel, "monitor.stop(); monitor.wait(); " + _BEGIN)
            time.sleep(idle)
            told["idle"] = _told(kernel)["cpu"]
            _run(kernel, "client.close()")
        told["asked"] = int((Path(name) / "requests").read_text(encoding="utf-8"))
    return _figures(count, opening, live, told)


def _figures(count: int, opening: list[Any], live: list[Any], told: dict[str, Any]) -> dict[str, float]:
    seconds, late = told["seconds"], told["late"]
    sent = [message for message in opening + live if message["msg_type"] in SHOWN]
    shown = next(message for message in opening if message["msg_type"] == "display_data")
    return {
        "watched": count,
        "lag ms p50": 1000 * late[len(late) // 2],
        "lag ms p99": 1000 * late[int(len(late) * 0.99)],
        "lag ms worst": 1000 * late[-1],
        "CPU %": 100 * told["cpu"],
        "CPU % idle": 100 * told["idle"],
        "shown after ms": 1000 * (moment(shown) - told["opened"]),
        "comms": sum(message["msg_type"] == "comm_open" for message in opening),
        "messages/s": len(sent) / seconds,
        "kB/s": sum(map(size, sent)) / seconds / 1000,
        "requests/s": told["asked"] / seconds,
        "ended": told["ended"],
    }


def size(message: dict[str, Any]) -> int:
    """Return the bytes of what a message carries."""
    return len(json.dumps(message["content"]).encode())


def moment(message: dict[str, Any]) -> float:
    """Return when the kernel sent a message, in seconds since 1970."""
    sent = message["header"]["date"]
    return (sent if isinstance(sent, datetime) else datetime.fromisoformat(sent)).timestamp()


def table(rows: list[dict[str, float]]) -> list[str]:
    """Return the rows as lines of a table."""
    head = "| " + " | ".join(rows[0]) + " |"
    cells = [[f"{value:.1f}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    return [head, "|" + "---|" * len(rows[0]), *("| " + " | ".join(row) + " |" for row in cells)]


def _kernel(folder: str) -> AbstractContextManager[BlockingKernelClient]:
    """Run a kernel without what would set the pauses or the key; it finds this very package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAGIC_HOUR_", "MH_NOTEBOOK_"))}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    kernel: AbstractContextManager[BlockingKernelClient] = run_kernel(cwd=folder, env=kept, stderr=subprocess.DEVNULL)
    return kernel


def _run(kernel: BlockingKernelClient, code: str) -> list[Any]:
    """Run a cell to its end; return its messages."""
    found: list[Any] = []
    reply = kernel.execute_interactive(code, timeout=PATIENCE, output_hook=found.append, allow_stdin=False)
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"].get("traceback", ["no word"])))
    return found


def _told(kernel: BlockingKernelClient) -> dict[str, Any]:
    messages = _run(kernel, _TOLD)
    told: dict[str, Any] = json.loads("".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream"))
    return told


def _listen(kernel: BlockingKernelClient, seconds: float) -> list[Any]:
    found, deadline = [], time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            found.append(kernel.get_iopub_msg(timeout=left))
        except queue.Empty:
            break
    return found


if __name__ == "__main__":
    print(*table([watched(count) for count in map(int, sys.argv[1:] or COUNTS)]), sep="\n")
