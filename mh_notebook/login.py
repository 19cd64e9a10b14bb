"""`mh.login()`: find the key, or ask for it without showing it, and check it."""

from __future__ import annotations

import os
import sys
from getpass import getpass

from .client import Client
from .default import key_source
from .protocol.errors import AuthenticationError, MagicHourError, MissingTokenError, NotFoundError
from .settings import TOKEN_VARIABLES, find_token

_NAME = TOKEN_VARIABLES[0]


def login() -> None:
    """Find the API key, check it with one harmless request, and say so.

    Looked for in MAGIC_HOUR_API_KEY, API_TOKEN and Colab's secrets; else asked for at a hidden prompt. It is kept in
    this process's environment alone: not on disk, not in the notebook.

    Raises
    ------
    AuthenticationError
        The API refused the key. One that was typed is forgotten again; one of the environment is left there.
    MissingTokenError
        None was found, and none was typed.
    """
    found = _found()
    token = found or _colab_secret() or _asked()
    if not found:
        os.environ[_NAME] = find_token(token)
    try:
        print(f"Logged in with {key_source()}. {_check()}")
    except AuthenticationError:
        if not found:
            del os.environ[_NAME]
        raise


def _found() -> str | None:
    try:
        return find_token()
    except MissingTokenError:
        return None


def _colab_secret() -> str | None:
    if "google.colab" not in sys.modules:
        return None
    from google.colab import userdata

    for name in TOKEN_VARIABLES:
        try:
            return str(userdata.get(name))
        except (userdata.SecretNotFoundError, userdata.NotebookAccessError):
            continue
    return None


def _asked() -> str:
    typed = getpass("Magic Hour API key (from https://magichour.ai/developer; it is not shown): ").strip()
    if not typed:
        raise MissingTokenError
    return typed


def _check() -> str:
    with Client(history=False, progress=False) as client:
        try:
            return f"The key works: {client.account().credits:,} credits left."
        except NotFoundError:  # a server without the account call still told a good key from a bad one
            return "The key works."
        except AuthenticationError:
            raise
        except MagicHourError as error:
            return f"It could not be checked now: {error.message}"
