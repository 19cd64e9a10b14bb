"""The body of an answer, never larger than its bound, however small it was packed."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import aiohttp
from aiohttp import hdrs

from mh_notebook.protocol.errors import APIConnectionError, InvalidResponseError

LARGEST_ANSWER = 8 * 2**20  # bytes; a project's details are some 700

_PACKED = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's number for each format


async def read_body(response: aiohttp.ClientResponse, about: str) -> bytes:
    """Read a body, unpacking gzip and deflate, which a server may send though nobody asked for them.

    aiohttp unpacks each piece that comes before we can count it: with aiohttp 3.11, a gigabyte of zeros in one
    megabyte took 251 MiB of memory. Here no more than the bound is ever unpacked.

    Parameters
    ----------
    response
        Made with `auto_decompress=False`.
    about : str
        What was asked for, for the error.

    Raises
    ------
    InvalidResponseError
        It is larger than `LARGEST_ANSWER`, or packed in a way that we do not read.
    APIConnectionError
        It does not unpack, as one does that was spoilt or cut on its way.
    """
    packing = response.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
    if not packing and (response.content_length or LARGEST_ANSWER) < LARGEST_ANSWER:  # the usual case, in one step
        return await response.read()
    if packing in ("", "identity"):
        return await _collect(response, about, _as_it_is)
    if packing in _PACKED:
        return await _unpack(response, about, _PACKED[packing])
    if response.status != 200:
        return b""  # the status says enough
    raise InvalidResponseError(f"Asked about {about}, the API sent an answer packed as {packing[:20]!r}.")


async def _unpack(response: aiohttp.ClientResponse, about: str, form: int) -> bytes:
    unpacker = zlib.decompressobj(form)
    try:
        body = await _collect(response, about, unpacker.decompress)
    except zlib.error:
        raise _spoilt(about) from None
    if body and not unpacker.eof:
        raise _spoilt(about)
    return body


async def _collect(response: aiohttp.ClientResponse, about: str, unpack: Callable[[bytes, int], bytes]) -> bytes:
    """Put the pieces together, up to the bound: of what comes over the line, and of what comes out of it."""
    pieces, came, size = list[bytes](), 0, 0
    async for packed in response.content.iter_any():
        pieces.append(unpack(packed, LARGEST_ANSWER + 1 - size))
        came, size = came + len(packed), size + len(pieces[-1])
        if max(came, size) > LARGEST_ANSWER:
            raise _too_large(response, about)
    return b"".join(pieces)


def _as_it_is(piece: bytes, most: int) -> bytes:
    del most  # one piece of an answer that is not packed is already here
    return piece


def _too_large(response: aiohttp.ClientResponse, about: str) -> InvalidResponseError:
    response.close()  # else the rest would be read, to use the connection again
    return InvalidResponseError(f"Asked about {about}, the API sent more than {LARGEST_ANSWER} bytes.")


def _spoilt(about: str) -> APIConnectionError:
    return APIConnectionError(
        f"The answer about {about} came spoilt: it does not unpack.", hint="Run it again, or ask your proxy's keeper."
    )
