"""Download links: bearer secrets that carry their expiry and are signed, so that none can be made up."""

from __future__ import annotations

import hmac

_TOKEN = "auth-token"  # noqa: S105  the name of a query field, not a secret


def sign(secret: bytes, path: str, expires_at: float, epoch: int = 0) -> str:
    """Return a path with its token; a later `epoch` makes all earlier links of a project stale.

    Examples
    --------
    >>> link = sign(b"key", "/media/c1/output-1.png", expires_at=90.0)
    >>> token = link.partition("auth-token=")[2]
    >>> verdict(b"key", "/media/c1/output-1.png", token, now=60.0)
    'valid'
    >>> verdict(b"key", "/media/c1/output-1.png", token, now=90.0)
    'expired'
    """
    moment = int(expires_at * 1000)
    return f"{path}?{_TOKEN}={moment}.{_digest(secret, path, moment, epoch)}"


def verdict(secret: bytes, path: str, token: str, now: float, epoch: int = 0) -> str:
    """Tell whether a link's token is "valid", "expired" or "forged"."""
    moment, _, digest = token.partition(".")
    if not (moment.isdecimal() and digest.isascii()):
        return "forged"
    for issued in range(epoch, -1, -1):
        if hmac.compare_digest(_digest(secret, path, int(moment), issued), digest):
            return "valid" if issued == epoch and int(moment) > now * 1000 else "expired"
    return "forged"


def _digest(secret: bytes, path: str, moment: int, epoch: int) -> str:
    return hmac.digest(secret, f"{path}|{moment}|{epoch}".encode(), "sha256").hex()
