"""One output from its link to its file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from mh_notebook.protocol.decoding import status_error
from mh_notebook.protocol.errors import (
    APIConnectionError,
    DownloadError,
    MagicHourError,
    UnsafeDownloadError,
)
from mh_notebook.protocol.naming import extension, media_type_of
from mh_notebook.protocol.resuming import Begin, ChangedFileError, range_headers, read_begin, whole_size
from mh_notebook.protocol.retrying import read_retry_after
from mh_notebook.transport.connection import CHUNK, Connection, our_errors
from mh_notebook.transport.files import (
    SavedFile,
    disk_error,
    existing_output,
    foreign_file,
    make_directory,
    on_disk,
    read_saved_and_head,
)
from mh_notebook.transport.parts import Part, clear_parts

AHEAD = 4 * CHUNK  # bytes gathered at most while others are written
STALL = 30.0  # seconds without a byte that count as a broken connection
_HEAD = 64  # bytes that are compared with a file that is there
EXPIRED = frozenset({401, 403, 404, 410})  # what hosts say of a link that has run out

OnBytes = Callable[[int, int | None], None]
"""Told of progress: bytes so far, and of how many, None if unknown."""


class ExpiredLinkError(DownloadError):
    """The link has run out; a fresh answer of the API has a fresh one."""


async def fetch_output(
    connection: Connection,
    url: str,
    directory: Path,
    stem: str,
    on_bytes: OnBytes,
    stall: float = STALL,
    *,
    hashed: bool = False,
) -> SavedFile:
    """Save one output as `<directory>/<stem><ending>`, going on with what an earlier attempt left.

    A file that is there already under this name with the right size is not fetched again; one with another size is
    not touched.

    Parameters
    ----------
    stall : float
        Seconds without a byte that count as a broken connection.
    hashed : bool
        Whether the SHA-256 is wanted: reading it takes as long again as a fast network does.

    Raises
    ------
    ExpiredLinkError
        The link has run out.
    UnsafeDownloadError
        The link is neither http nor https, or a symbolic link bears the file's name.
    DownloadError
        The disk said no, or a foreign file stands in the way.
    APIStatusError, APIConnectionError, APITimeoutError
        The media host's trouble; worth another try where `is_transient` says so.
    """
    if not _is_web_link(url):
        raise UnsafeDownloadError(f"Refused to fetch {stem}: its link is neither http nor https.")
    existing = await on_disk(directory, _look, directory, stem)
    async with connection.downloads:
        if existing is not None and (file := await _compare(connection, url, existing, stem, stall)) is not None:
            return file
        part = _claim(directory, stem)  # not in a thread: cancelled there, the file would be nobody's
        try:
            return await _go_on(connection, url, part, stem, on_bytes, stall, hashed=hashed)
        finally:
            part.release()


def _look(directory: Path, stem: str) -> Path | None:
    make_directory(directory)
    return existing_output(directory, stem)


def _is_web_link(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(URL(url, encoded=True).host)
    except ValueError:
        return False


async def _compare(connection: Connection, url: str, existing: Path, stem: str, stall: float) -> SavedFile | None:
    """Ask for the first bytes alone, which tell the size and the kind of file, and go by those.

    Returns None where this output will bear another name, as the file there is of another type.
    """
    async with _answer(connection, url, stem, {"Range": f"bytes=0-{_HEAD - 1}"}, stall) as response:
        size = whole_size(response.status, response.headers)
        head = await _first_bytes(response)
        ending = extension(head, response.headers.get("Content-Type", ""), url)
    saved, found = await on_disk(existing, read_saved_and_head, existing, _HEAD)
    if saved.bytes == size and found == head:
        return saved
    if ending != existing.suffix:
        return None
    raise foreign_file(existing, f"it is not this output ({saved.bytes:,} bytes there, {_count(size)} here)")


def _count(size: int | None) -> str:
    return "an unknown number" if size is None else f"{size:,}"


async def _first_bytes(response: aiohttp.ClientResponse) -> bytes:
    head = b""
    async for chunk in response.content.iter_any():
        head += chunk
        if len(head) >= _HEAD:
            break
    response.close()  # a host without ranges sends it all: no more of that is read
    return head[:_HEAD]


async def _go_on(
    connection: Connection, url: str, part: Part, stem: str, on_bytes: OnBytes, stall: float, *, hashed: bool
) -> SavedFile:
    started, directory = time.monotonic(), part.path.parent
    async with _answer(connection, url, stem, range_headers(part.have), stall) as response:
        begin = _begin(response, part)
        await on_disk(directory / stem, part.begin, begin)
        declared = ""
        if response.status != 416:  # which says that all is there, and declares its own page
            declared = response.headers.get("Content-Type", "")
            await _stream(response, part, directory / stem, begin.total, on_bytes)
    _check(part, begin, declared, stem)
    sha256 = await on_disk(directory / stem, part.sha256) if hashed or begin.sha256 else None
    if begin.sha256 not in (None, sha256):
        part.restart()
        raise APIConnectionError(f"{stem} came with other bytes than its checksum says.")
    path = await on_disk(directory / stem, _keep, part, stem, extension(part.head, declared, url))
    media_type = media_type_of(part.head) or declared.partition(";")[0] or None
    return SavedFile(str(path), part.size, sha256, media_type, time.monotonic() - started)


def _keep(part: Part, stem: str, ending: str) -> Path:
    path = part.keep(ending)
    clear_parts(path.parent, stem)
    return path


@asynccontextmanager
async def _answer(
    connection: Connection, url: str, stem: str, headers: dict[str, str], stall: float
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Ask the media host, without the key; what aiohttp raises meanwhile becomes ours."""
    link = URL(url, encoded=url.isascii())  # a signed link stays as it is to the letter
    with our_errors(stem), _no_bad_link(stem):
        async with connection.session.get(
            link,
            proxy=connection.proxy_for(link),
            headers={"Accept-Encoding": "identity", **headers},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=stall, sock_read=stall),
            read_bufsize=CHUNK,
        ) as response:
            if response.status not in (200, 206, 416):
                raise _refusal(response, stem)
            yield response


@contextmanager
def _no_bad_link(stem: str) -> Iterator[None]:
    """Tell links that will never do from connections that may: those are not tried again."""
    try:
        yield
    except aiohttp.TooManyRedirects:
        raise DownloadError(f"The link of {stem} leads in a circle: too many redirects.") from None
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):  # of the link itself, or of what it redirects to
        raise UnsafeDownloadError(
            f"Refused to fetch {stem}: its link leads to what is neither http nor https."
        ) from None


def _refusal(response: aiohttp.ClientResponse, stem: str) -> MagicHourError:
    if response.status in EXPIRED:
        hint = "Get the project again: a fresh answer has a fresh link."
        return ExpiredLinkError(f"The link of {stem} has run out.", hint=hint)
    retry_after = read_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
    return status_error(response.status, b"", id=stem, retry_after=retry_after)


def _begin(response: aiohttp.ClientResponse, part: Part) -> Begin:
    try:
        return read_begin(response.status, response.headers, part.have)
    except ChangedFileError:
        response.close()
        part.restart()
        raise APIConnectionError(f"The media host answered with another part of {part.path.name}.") from None


async def _stream(
    response: aiohttp.ClientResponse, part: Part, target: Path, total: int | None, on_bytes: OnBytes
) -> None:
    """Write in a thread while more comes.

    What comes meanwhile is gathered and not joined, so a fast stream is written in large steps and a slow one at once.
    """
    writing, pieces = asyncio.create_task(on_disk(target, part.write, [])), list[bytes]()
    try:
        async for piece in response.content.iter_any():
            pieces.append(piece)
            if writing.done() or sum(map(len, pieces)) >= AHEAD:
                await asyncio.shield(writing)
                on_bytes(part.size, total)
                writing, pieces = asyncio.create_task(on_disk(target, part.write, pieces)), []
    finally:  # also where the stream broke: what came is kept, and the part is let go after that
        await asyncio.wait([writing])
        writing.result()
        await on_disk(target, part.write, pieces)
        on_bytes(part.size, total)


def _check(part: Part, begin: Begin, declared: str, stem: str) -> None:
    """Refuse what is not the output: bytes too few or too many, a page of an error."""
    if begin.total is not None and part.size != begin.total:
        raise APIConnectionError(f"{stem} came with {part.size:,} of {begin.total:,} bytes.")
    if not part.size:
        raise APIConnectionError(f"{stem} came as nothing at all.")
    if media_type_of(part.head) is None and declared.partition(";")[0].strip().lower() == "text/html":
        part.restart()
        raise DownloadError(f"The media host sent a web page instead of {stem}.", hint="Try again later.")


def _claim(directory: Path, stem: str) -> Part:
    try:
        return Part.claim(directory, stem)
    except OSError as error:
        raise disk_error(error, directory / stem) from None
