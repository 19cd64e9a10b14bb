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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .bodies import TOKEN, refs

CHUNK = 2**20

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
    """Use the vendor's SDK, one call after another."""
    from magic_hour import Client

    asked = refs(count)
    with measured() as result:
        client = Client(token=TOKEN, base_url=url)
        got = [getattr(client.v1, f"{kind}_projects").get(id=id_) for kind, id_ in asked]
        result["done"] = sum(one.status == "complete" for one in got)
    return result


def sdk_threads(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Use the vendor's blocking SDK in so many threads."""
    from magic_hour import Client

    asked = refs(count)
    with measured() as result, ThreadPoolExecutor(at_once) as threads:
        client = Client(token=TOKEN, base_url=url)
        got = threads.map(lambda ref: getattr(client.v1, f"{ref[0]}_projects").get(id=ref[1]), asked)
        result["done"] = sum(one.status == "complete" for one in got)
    return result


def sdk_async(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Use the vendor's SDK awaited, so many at once."""
    from magic_hour import AsyncClient

    async def work(client: AsyncClient, todo: Any) -> int:
        return sum(
            [(await getattr(client.v1, f"{kind}_projects").get(id=id_)).status == "complete" for kind, id_ in todo]
        )

    asked = refs(count)

    async def run() -> int:
        client, todo = AsyncClient(token=TOKEN, base_url=url), iter(asked)
        return sum(await asyncio.gather(*[work(client, todo) for _ in range(at_once)]))

    with measured() as result:
        result["done"] = asyncio.run(run())
    return result


def ours_check_result(url: str, count: int, at_once: int, directory: Path, *, history: bool | str = False) -> Any:
    """`client.v1.video_projects.check_result`, one after another: what the SDK does, checked and flushed."""

    def work(client: Any) -> None:
        for _, id_ in outputs(count):
            client.v1.video_projects.check_result(id_, download_directory=directory / "outputs")

    return _ours_saving(work, url, directory, history)


def ours_check_result_with_history(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Do the same as it is for a user. Ends when all is on disk, the hash in the history too."""
    return ours_check_result(url, count, at_once, directory, history=str(directory / "history.sqlite"))


def ours_download(url: str, count: int, at_once: int, directory: Path, *, history: bool | str = False) -> Any:
    """`client.projects.download`: all at once, with a frame that holds each SHA-256."""

    def work(client: Any) -> None:
        client.projects.download(outputs(count), directory / "outputs")

    return _ours_saving(work, url, directory, history)


def ours_download_with_history(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Do the same as it is for a user. Ends when all is on disk."""
    return ours_download(url, count, at_once, directory, history=str(directory / "history.sqlite"))


def _ours_saving(work: Callable[[Any], None], url: str, directory: Path, history: bool | str) -> Measured:
    import mh_notebook as mh

    client = mh.Client(TOKEN, url, history=history, progress=False)
    client.v1.video_projects.get(outputs(1)[0][1])  # one question, as for all: connected, and all is imported
    with measured() as result:
        work(client)
        if history:
            client.close()
    client.close()
    return result | came(directory / "outputs")


def bare_download(url: str, count: int, at_once: int, directory: Path) -> Any:
    """Use aiohttp in a loop, 1 MiB at a time into a file."""
    import aiohttp
    import pandas as pd

    del pd

    async def work(session: aiohttp.ClientSession, todo: Any) -> None:
        for kind, id_ in todo:
            async with session.get(f"{url}/v1/{kind}-projects/{id_}") as response:
                link = (await response.json())["downloads"][0]["url"]
            async with session.get(link, read_bufsize=CHUNK) as response:
                with (folder / f"{id_}.mp4").open("wb", buffering=0) as file:
                    async for chunk in response.content.iter_chunked(CHUNK):
                        file.write(chunk)

    async def run() -> Measured:
        async with aiohttp.ClientSession() as session:
            kind, id_ = outputs(1)[0]
            async with session.get(f"{url}/v1/{kind}-projects/{id_}") as response:
                await response.read()
            todo = iter(outputs(count))
            with measured() as result:
                await asyncio.gather(*[work(session, todo) for _ in range(at_once)])
        return dict(result)

    folder = directory / "outputs"
    folder.mkdir()
    return asyncio.run(run()) | came(folder)


def sdk_download(url: str, count: int, at_once: int, directory: Path) -> Any:
    """`check_result(download_outputs=True)` of the vendor's SDK, a folder for each as its names collide."""
    from magic_hour import Client

    projects = Client(token=TOKEN, base_url=url).v1.video_projects
    projects.get(id=outputs(1)[0][1])
    with measured() as result:
        for _, id_ in outputs(count):
            folder = directory / "outputs" / id_
            folder.mkdir(parents=True)
            projects.check_result(id_, True, True, str(folder))
    return result | came(directory / "outputs")


def curl(url: str, count: int, at_once: int, directory: Path) -> Any:
    """curl, told the links beforehand."""
    folder = directory / "outputs"
    folder.mkdir()
    names = [id_ for _, id_ in outputs(count)]
    lines = [f'url="{url}/files/{name.rstrip("0123456789")}"\noutput="{folder / name}"' for name in names]
    (directory / "curlrc").write_text("\n".join(lines))
    command = ["curl", "-sSf", "--parallel", "--parallel-max", str(at_once), "-K", str(directory / "curlrc")]
    with measured() as result:
        subprocess.run(command, check=True)
    return result | _of_children() | came(folder)


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
    return result | {"done": 1}


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


def came(folder: Path) -> Measured:
    """Say how many files came, and how many bytes they are."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return {"done": len(sizes), "bytes": sum(sizes)}


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
