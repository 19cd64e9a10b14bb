"""Secrets that do not show themselves: the key, and every download link."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SCHEME = r"[a-z][a-z0-9+.-]{0,30}://[/\\]*"  # bounded, for a long word's sake; browsers read ///host as //host
_REST = r"(?:[^\s\"'<>]|'+(?=[\w%&=./?#+-]))*"  # an apostrophe within a link belongs to it: filename*=UTF-8''x&sig=y
_LINK = re.compile(rf"(?P<host>{_SCHEME}[\w.\-:\[\]]*)(?P<rest>{_REST})", re.IGNORECASE)
_USER = re.compile(rf"({_SCHEME})[^\s/?#\"'<>]*@", re.IGNORECASE)


class Secret(str):
    """A string that works as ever, but whose repr hides it.

    Verbose tracebacks, debuggers and `%whos` print the repr of local variables; a link or a key held in one of
    these does not travel with them.

    Examples
    --------
    >>> Secret("mhk_live_1234")
    '[secret]'
    >>> Secret("mhk_live_1234") == "mhk_live_1234"
    True
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


def redact(text: str) -> str:
    """Cut every web link in a text to its host: the rest of a download link is a bearer secret.

    Examples
    --------
    >>> redact("could not read https://videos.magichour.ai/id/output.png?auth-token=abc today")
    'could not read https://videos.magichour.ai/… today'
    """
    return _LINK.sub(_host_alone, _USER.sub(r"\1", text)) if "://" in text else text


def redact_all(value: object) -> object:
    """Redact the strings of a JSON value at any depth; a new value is returned."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): redact_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(item) for item in value]
    return value


def _host_alone(match: re.Match[str]) -> str:
    tells = any(char.isalnum() for char in match["rest"])  # a full stop or a bracket after a link does not
    return f"{match['host']}/…" if tells else match[0]
