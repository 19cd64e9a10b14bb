"""Who does the work: each function is one contestant at one kind of work, run in a process of its own.

Run as `python -m benchmarks.contestants NAME URL COUNT AT_ONCE DIRECTORY`; prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bodies import TOKEN, refs

CHUNK = 2**20
DOWNLOADS_AT_ONCE = 8

Measured = dict[str, Any]


def ours_sync(url: str, count: int, at_once: int, directory: Path, *, history: bool | str = False) -> Any:
    """`mh.Client().projects.frame`."""
    from mh_notebook import Client

    asked = refs(count)
    with measured() as result, Client(TOKEN, url, concurrency=at_once, history=history, progress=False) as client:
        frame = client.projects.frame(asked)
        result["done"] = int(frame["status"].eq("complete").sum())
    return result


def ours_with_history(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Do the same, written down in a new history: as it is for a user. Ends when all is on disk."""
    return ours_sync(url, count, at_once, directory, history=str(directory / "history.sqlite"))


def ours_async(url: str, count: int, at_once: int, directory: Path) -> Any:
    """`await mh.AsyncClient().projects.frame`."""
    from mh_notebook import AsyncClient

    asked = refs(count)

    async def run(result: Measured) -> None:
        async with AsyncClient(TOKEN, url, concurrency=at_once, history=False, progress=False) as client:
            frame = await client.projects.frame(asked)
            result["done"] = int(frame["status"].eq("complete").sum())

    with measured() as result:
        asyncio.run(run(result))
    return result


def bare(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Use aiohttp and msgspec in a loop, nothing else: the limit. A list of structs, no frame; pandas is imported."""
    import aiohttp
    import msgspec
    import pandas as pd

    from mh_notebook.protocol.kinds import KINDS

    del pd
    fields = {kind: _wire_struct(row.model) for kind, row in KINDS.items()}
    decoders = {kind: msgspec.json.Decoder(struct) for kind, struct in fields.items()}
    asked = refs(count)
    results: list[Any] = [None] * count

    async def work(session: aiohttp.ClientSession, todo: Any) -> None:
        for index, (kind, id_) in todo:
            async with session.get(f"{url}/v1/{kind}-projects/{id_}") as response:
                results[index] = decoders[kind].decode(await response.read())

    async def run() -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        connector = aiohttp.TCPConnector(limit=at_once)
        async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
            todo = iter(enumerate(asked))
            await asyncio.gather(*[work(session, todo) for _ in range(min(at_once, count))])

    with measured() as result:
        asyncio.run(run())
        result["done"] = sum(one.status == "complete" for one in results)
    return result


def sdk_sync(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Use the vendor's SDK, one call after another: it has no other way."""
    from magic_hour import Client

    with measured() as result:
        client = Client(token=TOKEN, base_url=url)
        got = [getattr(client.v1, f"{kind}_projects").get(id=id_) for kind, id_ in refs(count)]
        result["done"] = sum(one.status == "complete" for one in got)
    return result


def sdk_async(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Use the vendor's SDK awaited, so many at once."""
    from magic_hour import AsyncClient

    async def work(client: AsyncClient, todo: Any) -> int:
        return sum(
            [(await getattr(client.v1, f"{kind}_projects").get(id=id_)).status == "complete" for kind, id_ in todo]
        )

    async def run() -> int:
        client, todo = AsyncClient(token=TOKEN, base_url=url), iter(refs(count))
        return sum(await asyncio.gather(*[work(client, todo) for _ in range(at_once)]))

    with measured() as result:
        result["done"] = asyncio.run(run())
    return result


def ours_check_result(url: str, count: int, at_once: int, directory: Path) -> Any:
    """`client.v1.video_projects.check_result`, one after another: what the SDK does, checked and flushed."""
    import mh_notebook as mh

    with mh.Client(TOKEN, url, history=False, progress=False) as client:
        client.projects.frame(outputs(count))  # the thread and the connections are there
        with measured() as result:
            paths = [
                path
                for _, id_ in outputs(count)
                for path in client.v1.video_projects.check_result(id_, download_directory=directory).downloaded_paths
            ]
        result["done"] = len(paths)
        result["bytes"] = sum(Path(path).stat().st_size for path in paths)
    return result


def ours_download(url: str, count: int, at_once: int, directory: Path) -> Any:
    """`client.projects.download`: the same, all at once, with a frame that holds each SHA-256."""
    import mh_notebook as mh

    with mh.Client(TOKEN, url, history=False, progress=False) as client:
        client.projects.frame(outputs(count))  # the thread and the connections are there
        with measured() as result:
            files = client.projects.download(outputs(count), directory)
        result["done"] = int(files["error"].isna().sum())
        result["bytes"] = int(files["bytes"].sum())
    return result


def bare_download(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Use aiohttp in a loop, 1 MiB at a time into a file."""
    import aiohttp
    import pandas as pd

    del pd

    async def work(session: aiohttp.ClientSession, todo: Any) -> int:
        written = 0
        for kind, id_ in todo:
            async with session.get(f"{url}/v1/{kind}-projects/{id_}") as response:
                link = (await response.json())["downloads"][0]["url"]
            async with session.get(link, read_bufsize=CHUNK) as response:
                with (directory / f"{id_}.mp4").open("wb", buffering=0) as file:
                    async for chunk in response.content.iter_chunked(CHUNK):
                        written += file.write(chunk)
        return written

    async def run() -> int:
        async with aiohttp.ClientSession() as session:
            todo = iter(outputs(count))
            return sum(await asyncio.gather(*[work(session, todo) for _ in range(DOWNLOADS_AT_ONCE)]))

    with measured() as result:
        result["bytes"] = asyncio.run(run())
        result["done"] = count
    return result


def sdk_download(url: str, count: int, at_once: int, directory: Path) -> Any:
    """`check_result(download_outputs=True)` of the vendor's SDK, a folder for each as its names collide."""
    from magic_hour import Client

    with measured() as result:
        client, done = Client(token=TOKEN, base_url=url), 0
        for kind, id_ in outputs(count):
            folder = directory / id_
            folder.mkdir()
            projects = getattr(client.v1, f"{kind}_projects")
            done += len(projects.check_result(id_, True, True, str(folder)).downloaded_paths)
        result["done"] = done
    return result


def curl(url: str, count: int, at_once: int, directory: Path) -> Any:
    """curl, told the links beforehand."""
    names = [id_ for _, id_ in outputs(count)]
    lines = [f'url="{url}/files/{name.rstrip("0123456789")}"\noutput="{directory / name}"' for name in names]
    (directory / "curlrc").write_text("\n".join(lines))
    command = ["curl", "-sS", "--parallel", "--parallel-max", str(DOWNLOADS_AT_ONCE), "-K", str(directory / "curlrc")]
    with measured() as result:
        subprocess.run(command, check=True)
    result["done"] = sum((directory / name).exists() for name in names)
    return result | _of_children()


def wrk(url: str, count: int, at_once: int, directory: Path) -> Any:
    """wrk, which asks about one project for some seconds: the time is what `count` take at its rate."""
    command = ["wrk", "-t1", f"-c{at_once}", "-d3s", "-H", f"Authorization: Bearer {TOKEN}"]
    kind, id_ = refs(1)[0]
    ran = subprocess.run([*command, f"{url}/v1/{kind}-projects/{id_}"], capture_output=True, text=True, check=True)
    told = {line.split(":")[0].strip(): line.split(":")[1] for line in ran.stdout.splitlines() if ":" in line}
    assert "Non-2xx or 3xx responses" not in told, ran.stdout
    seconds = count / float(told["Requests/sec"])
    share = seconds / 3.0
    children = _of_children()
    return children | {"done": count, "seconds": seconds, "cpu_seconds": children["cpu_seconds"] * share}


def importing_client(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Import it and make the first `mh.Client`, with which the rest of the package comes."""
    return importing(url, count, at_once, directory, client=True)


def importing(url: str, count: int, at_once: int, directory: Path, *, client: bool = False) -> Any:
    """`import mh_notebook`, after what it needs."""
    import aiohttp
    import ipywidgets
    import pandas as pd

    del aiohttp, ipywidgets, pd
    with measured() as result:
        import mh_notebook as mh

        if client:
            mh.Client(TOKEN, url, history=False, progress=False).close()
    return result | {"done": 1, "matplotlib": int("matplotlib" in sys.modules)}


def importing_needed(url: str, count: int, at_once: int, directory: Path) -> Any:
    """`import pandas, aiohttp, ipywidgets`."""
    with measured() as result:
        import aiohttp
        import ipywidgets
        import pandas as pd

        del aiohttp, ipywidgets, pd
    return result | {"done": 1}


def outputs(count: int) -> list[tuple[str, str]]:
    """Return the refs of one large output, or of many small ones."""
    return [("video", "big0")] if count == 1 else [("video", f"small{number}") for number in range(count)]


@contextlib.contextmanager
def measured() -> Any:
    """Time what is done in the block, by the clock and by this process's CPU, and its peak of memory."""
    gc.collect()
    result: Measured = {"idle_mb": _status("VmRSS")}
    _forget_peak()
    began, worked = time.perf_counter(), time.process_time()
    yield result
    result["seconds"] = time.perf_counter() - began
    result["cpu_seconds"] = time.process_time() - worked
    result["peak_mb"] = _status("VmHWM")


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _of_children() -> Measured:
    """Return what the command took that was run instead of Python."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024, "idle_mb": None}


def _status(name: str) -> float:
    """Return a figure of this process in MB; what getrusage says of a child is its parent's as well."""
    try:
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def _wire_struct(model: type) -> type:
    """Return a struct with the fields of a model and none of its care."""
    import msgspec

    skipped = ("extra", "fetched_at", "downloaded_paths")
    fields = [
        (field.name, Any) for field in msgspec.structs.fields(model) if field.required and field.name not in skipped
    ]
    return msgspec.defstruct(model.__name__, fields)


def main(name: str, url: str, count: str, at_once: str, scratch: str) -> None:
    """Run one contestant once and print what it took."""
    contestant: Callable[..., Measured] = globals()[name]
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        print(json.dumps(contestant(url, int(count), int(at_once), Path(directory))))


if __name__ == "__main__":
    main(*sys.argv[1:])
