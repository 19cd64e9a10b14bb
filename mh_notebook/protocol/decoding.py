"""Bytes in, projects or errors out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from .errors import APIStatusError, InvalidResponseError, status_error_class
from .kinds import KINDS
from .models import Account, Project
from .redaction import redact

LONGEST_MESSAGE = 300  # characters of a server's message that an error repeats
DEEPEST = 100  # levels of lists and objects in an unknown field; Python's own limit is some 300

_LOCAL = frozenset({"extra", "fetched_at", "downloaded_paths"})  # fields of ours, never read from the wire
_FIELD = re.compile(r"`\$\.?([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_TIMES = frozenset({"created_at", "expires_at"})
_LEAP_SECOND = re.compile(r"^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:)60(.*)$")


class _Message(msgspec.Struct):
    message: str


def decode_project(kind: str, body: bytes, *, fetched_at: datetime | None = None) -> Project:
    """Read a project from the body of a 200.

    Parameters
    ----------
    kind : str
        `image`, `video` or `audio`.
    body : bytes
        JSON, as it came.
    fetched_at : datetime, optional
        When it came; now, unless given.

    Raises
    ------
    InvalidResponseError
        The body is no JSON object, or a field is missing or of the wrong type; `field` names it.

    Examples
    --------
    >>> decode_project("image", b'{"id": "x"}')
    Traceback (most recent call last):
    ...
    mh_notebook.protocol.errors.InvalidResponseError: The API's answer about image x lacks the field `name`. ...
    """
    answer = decode_object(body, about=f"the {kind} project")
    model = KINDS[kind].model
    known, extra = _split(answer, model)
    if extra and _depth_over(DEEPEST, extra):
        raise InvalidResponseError(f"The API's answer about {_who(kind, answer)} is nested more than {DEEPEST} deep.")
    project = _convert(known, model, kind)
    force_setattr(project, "extra", extra)  # nobody else has seen it yet
    force_setattr(project, "fetched_at", fetched_at or datetime.now(UTC))
    return project


def decode_account(body: bytes) -> Account:
    """Read the answer of `GET /v1/account`; raises InvalidResponseError."""
    try:
        return msgspec.convert(decode_object(body, about="the account"), Account)
    except msgspec.ValidationError as error:
        raise _invalid("the account", error) from None


def decode_object(body: bytes, *, about: str) -> dict[str, Any]:
    """Read a JSON object; raises InvalidResponseError that says what came instead."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidResponseError(f"Asked about {about}, the API sent {_describe(body)}.") from None
    if not isinstance(answer, dict):
        raise InvalidResponseError(f"Asked about {about}, the API sent JSON that is no object.")
    return answer


def status_error(
    status: int,
    body: bytes,
    *,
    kind: str = "",
    id: str = "",
    retry_after: float | None = None,
) -> APIStatusError:
    """Make the error for an answer that is not the hoped-for one. Any status, any body."""
    try:
        said = msgspec.json.decode(body, type=_Message).message
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = ""
    printable = "".join(char if char.isprintable() else " " for char in redact(said))
    short = " ".join(printable.split())[:LONGEST_MESSAGE]
    return status_error_class(status)(status, short, kind=kind, id=id, retry_after=retry_after)


def _split(answer: dict[str, Any], model: type[Project]) -> tuple[dict[str, Any], dict[str, Any]]:
    wire = _wire_fields(model)
    if wire.issuperset(answer):
        return answer, {}
    known = {name: value for name, value in answer.items() if name in wire}
    return known, {name: value for name, value in answer.items() if name not in wire}


def _depth_over(limit: int, value: Any) -> bool:
    if not isinstance(value, dict | list):
        return False
    items = value.values() if isinstance(value, dict) else value
    return limit == 0 or any(_depth_over(limit - 1, item) for item in items)


_WIRE: dict[type[Project], frozenset[str]] = {}


def _wire_fields(model: type[Project]) -> frozenset[str]:
    if model not in _WIRE:
        _WIRE[model] = frozenset(model.__struct_fields__) - _LOCAL
    return _WIRE[model]


def _convert(known: dict[str, Any], model: type[Project], kind: str) -> Project:
    try:
        return msgspec.convert(known, model)
    except msgspec.ValidationError as error:
        plain = {name: _plain(value, name) for name, value in known.items()}
        if plain == known and not any(isinstance(value, float) for value in known.values()):
            raise _invalid(_who(kind, known), error) from None
    try:
        return msgspec.convert(plain, model)
    except msgspec.ValidationError as error:
        raise _invalid(_who(kind, known), error) from None


def _plain(value: Any, field: str = "") -> Any:
    """Read what JSON Schema and RFC 3339 allow and Python's types do not: 5.0 for 5, and leap seconds."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and field in _TIMES:
        return _LEAP_SECOND.sub(r"\g<1>59\2", value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item, name) for name, item in value.items()}
    return value


def _invalid(who: str, error: msgspec.ValidationError) -> InvalidResponseError:
    text = str(error)
    place = _FIELD.search(text)
    field = place[1] if place else ""
    if missing := _MISSING.search(text):
        field = f"{field}.{missing[1]}" if field else missing[1]
        return InvalidResponseError(f"The API's answer about {who} lacks the field `{field}`.", field=field)
    reason = text.split(" - at ")[0].replace("Expected", "expected")
    return InvalidResponseError(
        f"The API's answer about {who} has an unreadable field `{field}`: {reason}.", field=field
    )


def _who(kind: str, answer: dict[str, Any]) -> str:
    id_ = " ".join(str(answer.get("id", "")).split())
    return f"{kind} {redact(id_)[:80]}".strip()


def _describe(body: bytes) -> str:
    if not body.strip():
        return "an empty body"
    if body.lstrip()[:1] == b"<":
        return "an HTML page instead of JSON"
    return f"{len(body)} bytes that are not JSON"
