"""One output from its link to its file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from mh_notebook.protocol.decoding import status_error
from mh_notebook.protocol.errors import APIConnectionError, DownloadError, UnsafeDownloadError
from mh_notebook.protocol.naming import extension, media_type_of
from mh_notebook.protocol.retrying import read_retry_after

from .connection import CHUNK, Connection, our_errors
from .files import Part, disk_error, existing_output, make_directory, sha256_of

P = ParamSpec("P")
T = TypeVar("T")

STALL = 30.0  # seconds without a byte that count as a broken connection
EXPIRED = frozenset({401, 403, 404, 410})  # what hosts say of a link that has run out

OnBytes = Callable[[int, int | None], None]
"""Told of progress: bytes so far, and of how many, None if unknown."""


class ExpiredLinkError(DownloadError):
    """The link has run out; a fresh answer of the API has a fresh one."""


class SavedFile(msgspec.Struct, frozen=True):
    """A file on this machine. Size in bytes, SHA-256 in hexadecimal, seconds it took (0 if it was there)."""

    path: str
    bytes: int
    sha256: str
    media_type: str | None
    seconds: float


async def fetch_output(
    connection: Connection, url: str, directory: Path, stem: str, on_bytes: OnBytes | None = None
) -> SavedFile:
    """Save one output as `<directory>/<stem><ending>`.

    A file that is there already under this name with the right size is not fetched again; one with another size
    is not touched.

    Raises
    ------
    ExpiredLinkError
        The link has run out.
    UnsafeDownloadError
        The link is neither http nor https.
    DownloadError
        The disk said no, or a foreign file stands in the way.
    APIStatusError, APIConnectionError, APITimeoutError
        The media host's trouble; worth another try where `is_transient` says so.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise UnsafeDownloadError(f"Refused to fetch {stem}: its link is neither http nor https.")
    await asyncio.to_thread(make_directory, directory)
    started, link = time.monotonic(), URL(url, encoded=True)
    async with connection.downloads:
        with our_errors(stem):
            async with connection.session.get(
                link,
                proxy=connection.proxy_for(link),
                headers={"Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=STALL, sock_read=STALL),
                read_bufsize=CHUNK,
            ) as response:
                await _check_status(response, stem)
                existing = await _on_disk(directory, existing_output, directory, stem)
                if existing is not None:
                    return await _on_disk(existing, _reuse, existing, response.content_length)
                return await _save(response, directory, stem, started, on_bytes)


async def _check_status(response: aiohttp.ClientResponse, stem: str) -> None:
    if response.status in EXPIRED:
        raise ExpiredLinkError(
            f"The link of {stem} has run out.", hint="Get the project again: a fresh answer has a fresh link."
        )
    if response.status != 200:
        retry_after = read_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        raise status_error(response.status, b"", id=stem, retry_after=retry_after)


def _reuse(existing: Path, size: int | None) -> SavedFile:
    found = existing.stat().st_size
    if size is not None and found != size:
        raise DownloadError(
            f"{existing} is there already with {found} bytes, and this output has {size}: it is left as it is.",
            hint="Move it away, or choose another download_directory=.",
        )
    with existing.open("rb") as file:
        head = file.read(16)
    return SavedFile(str(existing), found, sha256_of(existing), media_type_of(head), 0.0)


async def _save(
    response: aiohttp.ClientResponse, directory: Path, stem: str, started: float, on_bytes: OnBytes | None
) -> SavedFile:
    total = response.content_length
    declared = response.headers.get("Content-Type", "")
    target = directory / stem
    part = _open_part(directory, stem)  # not in a thread: cancelled there, the file would be nobody's
    try:
        async for chunk in response.content.iter_chunked(CHUNK):
            await _on_disk(target, part.write, chunk)
            if on_bytes is not None:
                on_bytes(part.size, total)
        if total is not None and part.size != total:
            raise APIConnectionError(f"{stem} was cut short: {part.size} of {total} bytes came.")
        path = await _on_disk(target, part.keep, extension(part.head, declared, str(response.url)))
    finally:
        part.discard()
    media_type = media_type_of(part.head) or declared.partition(";")[0] or None
    return SavedFile(str(path), part.size, part.sha256, media_type, time.monotonic() - started)


def _open_part(directory: Path, stem: str) -> Part:
    try:
        return Part(directory, stem)
    except OSError as error:
        raise disk_error(error, directory / stem) from None


async def _on_disk(target: Path, work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Do file work in a thread. What the disk refuses is told apart from what the network does."""
    try:
        return await asyncio.to_thread(work, *arguments, **options)
    except OSError as error:
        raise disk_error(error, target) from None
