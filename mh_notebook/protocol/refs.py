"""What a user may hand over to name a project, read into one form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isnan
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from .errors import InvalidRefError
from .kinds import KINDS
from .models import Project
from .redaction import redact

Refs = Any
"""A ref, or an iterable or frame of refs: see `read_refs`."""

_EXAMPLE = 'Say it like ("image", "ID"), "image:ID", a page\'s address in your library, or a project.'
_BY_PARAMETER = {kind.library_parameter: kind.name for kind in KINDS.values()}
_BY_PATH = {kind.path.strip("/").partition("/")[2]: kind.name for kind in KINDS.values()}
_NOTHING = frozenset({"NAType", "NaTType"})  # pandas' words for it; pandas itself is not wanted here
_NEVER_IN_AN_ID = frozenset("/\\?#%&:;,<>\"'`{}|^ \t\r\n")


class Ref(NamedTuple):
    """A project's kind and id; `kind` is "" where only a bare id was given."""

    kind: str
    id: str

    @property
    def path(self) -> str:
        """The path of its details in the API."""
        plain = self.id.isascii() and self.id.isalnum()  # the usual case, and a tenth of the time
        return KINDS[self.kind].path + (self.id if plain else quote(self.id, safe=""))

    def __str__(self) -> str:
        return f"{self.kind or 'project'} {self.id}"


def read_ref(value: Any, kind: str | None = None) -> Ref:
    """Read one ref.

    Parameters
    ----------
    value
        A `(kind, id)` pair, `"kind:id"`, a library URL, a project, a mapping or object with `kind` and `id`, or
        a bare id.
    kind : str, optional
        The kind, where the value does not say it.

    Raises
    ------
    InvalidRefError
        It names no project; says what was given and what is wanted.

    Examples
    --------
    >>> read_ref("video:abc")
    Ref(kind='video', id='abc')
    >>> read_ref("https://magichour.ai/my-library?imageId=abc")
    Ref(kind='image', id='abc')
    >>> read_ref("abc")
    Ref(kind='', id='abc')
    """
    given_kind, given_id = _split(value)
    if given_kind and kind and given_kind != kind:
        raise InvalidRefError(f"This names {_article(given_kind)}, not {_article(kind)}: {given_id}.")
    return Ref(_checked_kind(given_kind or kind or ""), _checked_id(given_id))


def read_refs(values: Refs, kind: str | None = None) -> list[Ref | InvalidRefError]:
    """Read one ref or any iterable or frame of them; a bad one is returned as its error, in its place.

    Examples
    --------
    >>> read_refs(["image:a", ("video", "b"), ""])[:2]
    [Ref(kind='image', id='a'), Ref(kind='video', id='b')]
    >>> read_refs(("audio", "c"))
    [Ref(kind='audio', id='c')]
    """
    return [_read_or_error(value, kind) for value in _each(values)]


def _read_or_error(value: Any, kind: str | None) -> Ref | InvalidRefError:
    try:
        return read_ref(value, kind)
    except InvalidRefError as error:
        return error


def _each(values: Any) -> Iterator[Any]:
    if _is_single(values):
        yield values
    elif hasattr(values, "to_dict") and hasattr(values, "columns"):  # a frame
        yield from _rows(values)
    elif isinstance(values, Iterable):
        yield from values
    else:
        raise InvalidRefError(f"This names no project: {type(values).__name__}.", hint=_EXAMPLE)


def _is_single(values: Any) -> bool:
    if isinstance(values, str | bytes | Ref | Project | Mapping):
        return True
    if isinstance(values, tuple) and values and isinstance(values[0], str) and values[0] in KINDS:
        return True  # of whatever length: no id is called "image"
    if hasattr(values, "columns"):
        return False
    index = getattr(values, "index", None)
    if hasattr(values, "to_dict"):  # a Series: a row if it is labelled so, a column of refs if not
        return index is not None and "id" in index
    return hasattr(values, "id")


def _rows(frame: Any) -> list[Mapping[str, Any]]:
    if "id" not in frame.columns:
        raise InvalidRefError("This frame has no column `id`.", hint="It needs `id`, and best `kind` too.")
    columns = [name for name in ("kind", "id") if name in frame.columns]
    rows: list[Mapping[str, Any]] = frame[columns].astype(object).to_dict("records")
    return rows


def _split(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return _split_text(value)
    if isinstance(value, tuple) and not isinstance(value, Ref) and not hasattr(value, "_fields"):
        if len(value) != 2:
            raise InvalidRefError(f"A ref has two parts, this has {len(value)}.", hint=_EXAMPLE)
        return _text(value[0], "A kind"), _text(value[1])
    if hasattr(value, "get") and hasattr(value, "keys"):  # a mapping or a row
        return _text(value.get("kind"), "A kind"), _text(value.get("id"))
    if hasattr(value, "id"):
        return _text(getattr(value, "kind", ""), "A kind"), _text(value.id)
    return "", _text(value)


def _split_text(text: str) -> tuple[str, str]:
    if "://" in text:
        return _split_url(text)
    kind, colon, id_ = text.partition(":")
    return (kind.strip(), id_.strip()) if colon else ("", text.strip())


def _split_url(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        for parameter, values in parse_qs(parts.query).items():
            if parameter in _BY_PARAMETER:
                return _BY_PARAMETER[parameter], values[0]
    except ValueError:
        raise InvalidRefError("This address cannot be read.", hint=_EXAMPLE) from None
    *_, collection, id_ = ["", "", *parts.path.rstrip("/").split("/")]
    if collection in _BY_PATH:
        return _BY_PATH[collection], id_
    raise InvalidRefError(f"This address names no project: {redact(url)}", hint=_EXAMPLE)


def _text(value: Any, what: str = "An id") -> str:
    """Read a cell of a frame: NA, NaN, NaT and None are "", as if it were not there."""
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ in _NOTHING or (isinstance(value, float) and isnan(value)):
        return ""
    raise InvalidRefError(f"{what} is text, not {type(value).__name__}.", hint=_EXAMPLE)


def _checked_kind(kind: str) -> str:
    if kind and kind not in KINDS:
        known = ", ".join(KINDS)
        raise InvalidRefError(f"There is no kind {redact(kind)[:40]!r}.", hint=f"The kinds are {known}.")
    return kind


def _checked_id(id_: str) -> str:
    if not id_:
        raise InvalidRefError("The id is empty.", hint=_EXAMPLE)
    if len(id_) > 200:
        raise InvalidRefError(f"An id of {len(id_)} characters cannot be right.", hint=_EXAMPLE)
    odd = not id_.isprintable() or not _NEVER_IN_AN_ID.isdisjoint(id_)
    if odd or id_ in (".", ".."):
        raise InvalidRefError(f"No project has the id {redact(id_)[:80]!r}.", hint=_EXAMPLE)
    return id_


def _article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"
