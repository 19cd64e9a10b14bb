"""Settings: what was passed, else the environment, else a default; checked before anything is sent."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import Any, cast

from yarl import URL

from .protocol.errors import ConfigurationError, MissingTokenError
from .protocol.redaction import Secret, redact

PRODUCTION = "https://api.magichour.ai"
LARGEST = 1_000_000_000  # seconds are some 30 years; of huge ones, clocks and locks raise errors of their own
TOKEN_VARIABLES = ("MAGIC_HOUR_API_KEY", "API_TOKEN")


def find_token(token: str | None = None) -> Secret:
    """Return the key: the argument, else MAGIC_HOUR_API_KEY, else API_TOKEN.

    Raises
    ------
    MissingTokenError
        There is none.
    ConfigurationError
        It holds characters that no key has.
    """
    candidates = (_text("token", token), *(os.environ.get(name) for name in TOKEN_VARIABLES))
    found = next((text.strip() for text in candidates if text and text.strip()), None)
    if found is None:
        raise MissingTokenError
    if not (found.isascii() and found.isprintable()) or " " in found:
        raise ConfigurationError("The API key holds characters that no key has.", hint="Copy it again, whole.")
    return Secret(found)


def find_base_url(base_url: str | None = None) -> str:
    """Return the API's address: the argument, else MAGIC_HOUR_BASE_URL, else production.

    Raises
    ------
    ConfigurationError
        It is no address, or plain http to another machine, over which the key would travel open.
    """
    text = (_text("base_url", base_url) or os.environ.get("MAGIC_HOUR_BASE_URL") or PRODUCTION).strip()
    url = _parse(text)
    if url.scheme not in ("http", "https") or not url.host or len(text.split()) != 1:
        raise ConfigurationError(f"The base URL {redact(text)!r} is no web address.", hint=f"Such as {PRODUCTION}.")
    if url.user or url.password or url.query_string or url.fragment:
        raise ConfigurationError("A base URL holds no user, query or fragment.", hint=f"Such as {PRODUCTION}.")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ConfigurationError(
            f"Refused to use plain http to {url.host}: the API key would travel open.",
            hint="Use https; plain http is for this machine alone.",
        )
    return str(url).rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("localhost.example.com")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def positive(name: str, value: Any) -> float:
    """Return a number that must be above zero, and no more than `LARGEST`; raises ConfigurationError.

    Examples
    --------
    >>> positive("timeout", 2.5)
    2.5
    """
    if _is_number(value) and 0 < value <= LARGEST:
        return cast(float, value)
    raise ConfigurationError(f"{name} is {_shown(value)}; it must be a number above zero, {LARGEST:,} at most.")


def patience(name: str, value: Any) -> float | None:
    """Return the seconds that somebody waits: None for ever, 0 not at all; raises ConfigurationError.

    Examples
    --------
    >>> patience("timeout", None), patience("timeout", 0)
    (None, 0)
    """
    if value is None or (_is_number(value) and 0 <= value <= LARGEST):
        return cast("float | None", value)
    raise ConfigurationError(f"{name} is {_shown(value)}; it must be 0 or more seconds, {LARGEST:,} at most, or None.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    """Show a value that was refused; Python refuses to write out an int of more than 4,300 digits."""
    return "a huge number" if isinstance(value, int) and abs(value) > LARGEST else repr(value)[:80]


def _text(name: str, value: str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ConfigurationError(f"{name} is text, not {type(value).__name__}.")


def _parse(text: str) -> URL:
    try:
        return URL(text)
    except ValueError:
        raise ConfigurationError("The base URL cannot be read.", hint=f"Such as {PRODUCTION}.") from None
