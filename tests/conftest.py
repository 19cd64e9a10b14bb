"""What every test stands on: no network but loopback, no key, a history of its own, and nothing left behind."""

import gc
import os
import threading
import time
import weakref
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses

import mh_notebook as mh
from mh_notebook import default


def pytest_configure(config):
    config.option.allow_hosts = "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture(autouse=True)
def clean_surroundings(monkeypatch, tmp_path):
    """No key, no settings, a history file that is this test's alone, and nothing left running at its end.

    Every thread and session has an owner that ends it: as many after a test as before.
    """
    for name in list(os.environ):
        if name.startswith(("MAGIC_HOUR_", "MH_NOTEBOOK_")) or name == "API_TOKEN":
            monkeypatch.delenv(name)
    monkeypatch.setenv("MH_NOTEBOOK_HISTORY", str(tmp_path / "history.sqlite"))
    monkeypatch.chdir(tmp_path)
    threads = set(threading.enumerate())
    yield
    if default._current is not None:
        default._current[1].close()
        default._current = None
    if not _nothing_left(threads):
        gc.collect()  # only then: it costs more than most tests
        assert _settles(lambda: _nothing_left(threads)), (threading.enumerate(), list(_SESSIONS))


_SESSIONS = weakref.WeakSet()
_make_session = aiohttp.ClientSession.__init__


def _count_session(session, *arguments, **options):
    _SESSIONS.add(session)
    _make_session(session, *arguments, **options)


aiohttp.ClientSession.__init__ = _count_session


def _nothing_left(threads):
    return set(threading.enumerate()) <= threads and all(session.closed for session in list(_SESSIONS))


def _settles(condition, seconds=3.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return condition()


@pytest.fixture
def path(tmp_path):
    """Of a history: the file that the environment names too."""
    return tmp_path / "history.sqlite"


@pytest.fixture
def sandbox():
    """A sandbox in which a minute passes in 30 ms."""
    with mh.Sandbox(speed=2000) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    with sandbox.client(progress=False) as client:
        yield client


class _Response(aiohttp.ClientResponse):
    """aioresponses 0.7.9 does not know the `stream_writer` that aiohttp 3.14 asks for."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{"stream_writer": Mock(), **options})


@pytest.fixture
def answers():
    """Answers without a server: `answers.get(url, payload=...)`."""
    with aioresponses() as mocked:
        add = mocked.add
        mocked.add = lambda *arguments, **options: add(*arguments, **{"response_class": _Response, **options})
        yield mocked


@pytest.fixture
def closing_under():
    """Close a client while another thread is in a call of it; return what that call raised."""

    def close_under(client, call):
        outcome = []

        def calling():
            try:
                call()
            except mh.MagicHourError as error:
                outcome.append(type(error))

        thread = threading.Thread(target=calling)
        thread.start()
        threading.Event().wait(0.3)  # the call must be under way
        client.close()
        thread.join(5)
        return outcome

    return close_under
