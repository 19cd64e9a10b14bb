"""What every test stands on: no network but loopback, no key, a history of its own, and nothing left behind."""

import gc
import os
import threading
import time
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses

import mh_notebook as mh
from mh_notebook import default

REQUIRED = os.environ.get("MH_NOTEBOOK_REQUIRE_BROWSER") == "1"


def pytest_configure(config):
    config.option.allow_hosts = "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture(autouse=True)
def clean_surroundings(monkeypatch, tmp_path):
    """No key, no settings, and a history file that is this test's alone."""
    for name in list(os.environ):
        if name.startswith(("MAGIC_HOUR_", "MH_NOTEBOOK_")) or name == "API_TOKEN":
            monkeypatch.delenv(name)
    monkeypatch.setenv("MH_NOTEBOOK_HISTORY", str(tmp_path / "history.sqlite"))
    monkeypatch.chdir(tmp_path)
    yield
    if default._current is not None:
        default._current[1].close()
        default._current = None


@pytest.fixture(autouse=True)
def nothing_left_behind(clean_surroundings):
    """Every thread and session has an owner that ends it: as many after a test as before."""
    before = set(threading.enumerate())
    yield
    gc.collect()
    assert _settles(lambda: set(threading.enumerate()) <= before), [
        thread.name for thread in set(threading.enumerate()) - before
    ]
    assert not [thing for thing in gc.get_objects() if _is_open_session(thing)]


def _is_open_session(thing):
    return type(thing) is aiohttp.ClientSession and not thing.closed


def _settles(condition, seconds=3.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return condition()


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
