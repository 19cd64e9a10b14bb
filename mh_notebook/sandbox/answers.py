"""What both hosts take and give: a question and an answer, in plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple


class Ask(NamedTuple):
    """A request in plain values; the names of its headers may be in any case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and the bytes that follow them."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | memoryview = b""


_JSON = {"Content-Type": "application/json"}


def as_json(value: object, status: int = 200) -> Answer:
    """Answer with a JSON document.

    Examples
    --------
    >>> as_json({"id": "c1"}).body
    b'{"id":"c1"}'
    """
    return Answer(status, _JSON, json.dumps(value, separators=(",", ":")).encode())


def refusal(status: int, message: str | None = None) -> Answer:
    """Answer with an error in the API's shape.

    Examples
    --------
    >>> refusal(404).body
    b'{"message":"Not Found"}'
    """
    return as_json({"message": message or _phrase(status)}, status)


def as_xml(status: int, code: str, message: str) -> Answer:
    """Answer with an error as storage hosts write it."""
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f"<?xml version='1.0' encoding='UTF-8'?>{error}".encode()
    return Answer(status, {"Content-Type": "application/xml; charset=UTF-8"}, body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
