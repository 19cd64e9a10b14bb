"""What the doctor finds, where he can be asked, and that he gives nothing away."""

import asyncio
import json
import os
import sqlite3
import threading
import time
import weakref
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pandas as pd
import pytest
from kernels import running_kernel
from raw import answer, raw_server, silence

import mh_notebook as mh
from mh_notebook import client as clients
from mh_notebook import findings

KEY = "mhk_live_s3cret_0123456789_abcd"
ACCOUNT = b'{"id": "a", "credits": 9200, "tier": "free"}'
ROWS = (
    *("verdict", "front end", "renderer", "key", "base URL", "API", "clock", "poll interval", "last poll", "history"),
    *("proxies", "mh-notebook", "Python", "aiohttp", "pandas", "ipywidgets", "nest-asyncio2", "ipykernel"),
    "jupyterlab",
)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def here(monkeypatch):
    """A key that works, and the address of a sandbox where it does; nothing renders there, so its balance stands."""
    ours = weakref.WeakSet()  # not the clients of earlier tests, which it would ask for the last poll
    for module in (clients, findings):
        monkeypatch.setattr(module, "_open_clients", ours)
    with mh.Sandbox(speed=2000, empty=True) as sandbox:
        monkeypatch.setenv("MAGIC_HOUR_BASE_URL", sandbox.url)
        monkeypatch.setenv("MAGIC_HOUR_API_KEY", sandbox.token)
        yield sandbox


@pytest.fixture
def server(monkeypatch):
    """Let the doctor ask a server that answers as it is told to."""
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", KEY)

    def ask(script):
        with raw_server(script) as raw:
            monkeypatch.setenv("MAGIC_HOUR_BASE_URL", raw.url)
            table = mh.doctor()
            return table, len(raw.asked)

    return ask


def said(table, what):
    return table.loc[what, "answer"]


# Well


def test_all_is_well_after_one_question(here):
    for asked in (1, 2, 3):
        table = mh.doctor()
        assert table.well is True
        assert said(table, "verdict") == "All is well."
        assert len(here.requests) == asked
    assert {(request.method, request.path) for request in here.requests} == {("GET", "/v1/account")}
    assert tuple(table.index) == ROWS
    assert (table.index.name, list(table.columns)) == ("what", ["answer"])
    assert all(isinstance(text, str) and text for text in table["answer"])
    seconds, _, rest = said(table, "API").partition(" s, ")
    assert 0 <= float(seconds.removeprefix("answers in ")) < 5
    assert rest == f"the key works: tier free, {here.balance:,} credits"
    assert said(table, "clock").startswith("right, as far as can be told (")
    assert said(table, "front end") == "plain Python"
    assert said(table, "renderer") == "text: plain Python shows text alone"
    assert said(table, "base URL") == here.url
    assert said(table, "proxies") == "none"


def test_nobody_is_asked_where_that_was_not_wanted_or_there_is_no_key(here, monkeypatch):
    table = mh.doctor(ask=False)
    assert (table.well, said(table, "API"), said(table, "clock")) == (True, "not asked", "not known")
    assert said(table, "verdict") == "All is well, but the API was not asked."
    monkeypatch.delenv("MAGIC_HOUR_API_KEY")
    table = mh.doctor()
    assert (table.well, said(table, "key")) == (False, "none")
    assert said(table, "API") == "not asked, for want of a key and an address"
    assert said(table, "verdict") == str(mh.MissingTokenError())
    assert here.requests == []


# The API


@pytest.mark.parametrize(
    ("script", "api", "verdict"),
    [
        (answer(b"{}", status="401 No"), "the key is refused (401)", "The API refuses the key. Check the key: run"),
        (answer(b"{}", status="404 No"), " s, the key works", "All is well."),
        (answer(b"{}", status="503 Busy"), " s, but with 503", "The API answers 503. It is the server's trouble"),
        (answer(b'{"message": "slow"}', status="429 No"), " s, but with 429: slow", "The API answers 429. Wait a"),
        (answer(b"<html>"), "an HTML page instead of JSON.", "Asked about the account, the API sent an HTML"),
        (answer(b"[]"), "JSON that is no object.", "Asked about the account, the API sent JSON that"),
        (answer(b'{"id": "a", "credits": 1}'), "the key works: 1 credit", "All is well."),
        (b"", "no answer: the server closed the connection.", "The API at http://127.0.0.1:"),
        (silence, "no answer in time", "The API at http://127.0.0.1:"),
    ],
)
def test_each_answer_of_the_api_is_judged_after_one_attempt(server, monkeypatch, script, api, verdict):
    monkeypatch.setattr(findings, "PATIENCE", 0.5)
    started = time.monotonic()
    table, asked = server(script)
    assert time.monotonic() - started < 3
    assert said(table, "API").endswith(api)
    assert said(table, "verdict").startswith(verdict)
    assert table.well is (verdict == "All is well.")
    assert asked == (1 if script else 2)  # aiohttp asks a second time where a connection ends without a word


def test_a_port_where_nobody_listens_is_no_answer(monkeypatch):
    with raw_server(b"") as raw:
        url = raw.url
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", url)
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", KEY)
    table = mh.doctor()
    assert said(table, "API").startswith(f"no answer: cannot reach {url.removeprefix('http://')} (")
    assert said(table, "verdict").startswith(f"The API at {url} does not answer: cannot reach")
    assert said(table, "verdict").endswith("Check the network and the address, then run it again.")


@pytest.mark.parametrize(
    ("seconds", "clock", "well"),
    [
        (600, r"(9 min 5\d|10 min 0\d) s behind the server: elapsed times are corrected by it", False),
        (-720, r"(11 min 5\d|12 min 0\d) s ahead of the server: elapsed times are corrected by it", False),
        (20, r"(19|20|21)\.\d s behind the server: elapsed times are corrected by it", True),
        (0, r"right, as far as can be told \([01]\.\d s (behind|ahead of) the server, give or take 2 s\)", True),
    ],
)
def test_a_clock_that_is_off_is_told(server, seconds, clock, well):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    table, _ = server(answer(ACCOUNT, Date=date))
    assert pd.Series([said(table, "clock")]).str.fullmatch(clock).all(), said(table, "clock")
    assert table.well is well
    if not well:
        assert said(table, "verdict").startswith("This machine's clock is 1" if seconds < 0 else "This machine's clock")
        assert said(table, "verdict").endswith("set it by the network's time.")


# Secrets


@pytest.mark.parametrize("ask", [True, False])
def test_he_shows_no_more_of_the_key_than_its_last_four_characters(monkeypatch, ask):
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", KEY)
    echo = answer(json.dumps({"message": f"no such key: {KEY}"}).encode(), status="403 Forbidden")
    with raw_server(echo) as raw:
        monkeypatch.setenv("MAGIC_HOUR_BASE_URL", raw.url)
        table = mh.doctor(ask)
    shown = table.to_csv() + table.to_html() + repr(table.to_dict()) + repr(table) + table._repr_html_()
    assert not [KEY[at : at + 5] for at in range(len(KEY) - 4) if KEY[at : at + 5] in shown]
    assert said(table, "key") == "MAGIC_HOUR_API_KEY, ending in abcd"
    if ask:
        assert said(table, "API").endswith("403: no such key: [secret]")


@pytest.mark.parametrize("url", ["https://user:s3cret@h.example/?key=s3cret", "ftp://user:s3cret@h.example/s3cret"])
def test_he_says_what_is_wrong_with_an_address_and_shows_no_secret_of_it(monkeypatch, url):
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", url)
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", KEY)
    table = mh.doctor()
    assert "base URL" in said(table, "base URL")
    assert said(table, "verdict") == said(table, "base URL")
    assert said(table, "API") == "not asked, for want of a key and an address"
    assert "s3cret" not in table.to_csv().replace(KEY, "")


def test_proxies_are_named_without_their_passwords(here, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:s3cret@proxy.example:8080/s3cret?s3cret")
    monkeypatch.setenv("HTTP_PROXY", "someone:s3cret@other.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://[half")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    table = mh.doctor()
    assert said(table, "proxies") == (
        "all through an unreadable address, http through other.example:3128, https through proxy.example:8080; "
        "none for localhost,127.0.0.1"
    )
    assert "s3cret" not in table.to_csv()


# The history


def make_history(path, count=3):
    with mh.Sandbox() as sandbox, sandbox.client(history=path, progress=False) as client:
        client.projects.frame(sandbox.refs[:count])


def test_a_history_is_counted_and_left_as_it_was(here, tmp_path):
    path = tmp_path / "history.sqlite"
    assert said(mh.doctor(), "history") == f"{path}, not there yet"
    assert list(tmp_path.iterdir()) == []
    make_history(path)
    before = path.read_bytes()
    for _ in range(3):
        assert said(mh.doctor(), "history") == f"{path}, 3 projects, {len(before) / 1000:.0f} kB"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_home_is_written_short(here, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MH_NOTEBOOK_HISTORY", "~/deep/er/h.sqlite")
    assert said(mh.doctor(), "history") == "~/deep/er/h.sqlite, not there yet"
    assert list(tmp_path.iterdir()) == []


def newer(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


def no_database(path):
    path.write_text("no database " * 400)


def folder(path):
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (no_database, "file is not a database"),
        (newer, "it was made by a newer mh_notebook: upgrade this one"),
        (folder, "unable to open database file"),
    ],
)
def test_a_history_that_cannot_be_used_is_trouble(here, tmp_path, spoil, reason):
    path = tmp_path / "history.sqlite"
    spoil(path)
    table = mh.doctor()
    assert said(table, "history") == f"{path} cannot be used: {reason}"
    assert said(table, "verdict").startswith(
        f"The history at {path} cannot be used: {reason}. Nothing is written down;"
    )
    assert table.well is False


def test_a_read_only_history_is_trouble(here, tmp_path, monkeypatch):
    """Opened read-only, as root may write to any file that is there."""
    path = tmp_path / "history.sqlite"
    make_history(path)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda at, **options: connect(at.replace("=rw", "=ro"), **options))
    table = mh.doctor()
    assert said(table, "history") == f"{path} cannot be used: attempt to write a readonly database"
    assert table.well is False


def test_a_folder_that_may_not_be_written_to_is_trouble(here, tmp_path, monkeypatch):
    """Root may write into any ordinary folder, but not even root into /proc."""
    closed = tmp_path / "closed"
    closed.mkdir(0o500)
    path = closed / "history.sqlite" if not os.access(closed, os.W_OK) else Path("/proc/mh_notebook/history.sqlite")
    monkeypatch.setenv("MH_NOTEBOOK_HISTORY", str(path))
    table = mh.doctor()
    assert said(table, "history").startswith(f"{path} cannot be used: ")
    assert table.well is False


def test_a_history_that_another_kernel_writes_to_is_no_trouble(here, tmp_path, monkeypatch):
    monkeypatch.setattr(findings, "_LOCK_PATIENCE", 0.01)
    path = tmp_path / "history.sqlite"
    make_history(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        table = mh.doctor()
    assert said(table, "history") == f"{path}, which another kernel writes to just now"
    assert table.well is True


# Other settings, and which trouble comes first


def test_the_last_poll_of_any_client_of_this_process_is_told(here):
    assert said(mh.doctor(), "last poll") == "none in this process"
    with here.client(progress=False) as client, here.client(progress=False) as other:
        client.account()
        assert said(mh.doctor(), "last poll") == "0 s ago, 200"
        with pytest.raises(mh.NotFoundError):
            other.v1.image_projects.get("nobody")
        assert said(mh.doctor(), "last poll") == "0 s ago, 404"
        assert said(mh.doctor(ask=False), "clock").startswith("right, as far as can be told")


def test_the_gravest_trouble_is_the_verdict(here, monkeypatch, tmp_path):
    no_database(tmp_path / "history.sqlite")
    assert said(mh.doctor(), "verdict").startswith("The history at")
    monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "often")
    assert said(mh.doctor(), "verdict").startswith("MAGIC_HOUR_POLL_INTERVAL is 'often'")
    monkeypatch.setenv("MH_NOTEBOOK_RENDERER", "svg")
    assert said(mh.doctor(), "verdict").startswith("MH_NOTEBOOK_RENDERER is 'svg'")
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", "wrong")
    assert said(mh.doctor(), "verdict").startswith("The API refuses the key.")
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", "two words")
    assert said(mh.doctor(), "verdict").startswith("The API key holds characters that no key has.")
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", "garbage")
    table = mh.doctor()
    assert said(table, "verdict").startswith("The base URL 'garbage' is no web address.")
    assert said(table, "renderer").startswith("MH_NOTEBOOK_RENDERER is 'svg'")
    assert said(table, "key") == said(table, "key").strip() != "two words"


def test_a_poll_interval_of_the_users_own_is_told(here, monkeypatch):
    assert said(mh.doctor(), "poll interval") == "as it pays"
    monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "2.5")
    assert said(mh.doctor(), "poll interval") == "2.5 s, as MAGIC_HOUR_POLL_INTERVAL says"


def test_a_fault_of_ours_is_a_finding_too(here, monkeypatch):
    monkeypatch.setattr(findings, "getproxies", lambda: 1 / 0)
    monkeypatch.setattr(findings, "decode_account", lambda body: 1 / 0)
    table = mh.doctor()
    assert said(table, "proxies").startswith("Something unforeseen happened with the proxies: ZeroDivisionError.")
    assert said(table, "verdict").startswith("Something unforeseen happened with the API: ZeroDivisionError.")


# How it is shown, and where


def test_it_is_shown_whole_and_escaped(server):
    message = f"<script>alert(1)</script> {'and so on ' * 25}the end"
    table, _ = server(answer(json.dumps({"message": message}).encode(), status="500 Oh"))
    html = table._repr_html_()
    assert "the end</td>" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert repr(table) == str(table)
    assert [line for line in repr(table).splitlines() if line.startswith("API ") and line.endswith("the end")]
    assert len(repr(table).splitlines()) == len(ROWS)
    assert pd.get_option("display.max_colwidth") == 50
    assert isinstance(table, pd.DataFrame)
    for part in (table.head(2), table[["answer"]], table.copy()):
        assert type(part) is pd.DataFrame
    assert "verdict" in repr(table.T)


async def test_he_can_be_asked_while_a_loop_runs_here(here):
    """As a notebook's does: his own question is asked on a thread of its own."""
    table = mh.doctor()
    assert table.well is True
    assert asyncio.get_running_loop().is_running()


def test_he_leaves_no_thread_behind(here):
    before = set(threading.enumerate())
    for _ in range(3):
        mh.doctor()
        assert set(threading.enumerate()) == before


@pytest.mark.kernel
def test_he_can_be_asked_in_a_notebook(here, tmp_path):
    with running_kernel(tmp_path) as kernel:
        kernel.run("import mh_notebook as mh")
        assert kernel.value("mh.doctor().loc['verdict', 'answer']") == "All is well."
        assert kernel.value("mh.doctor().loc['front end', 'answer']").startswith("another Jupyter kernel")
        kernel.run("table = mh.doctor()\nimport asyncio\nawait asyncio.sleep(0)")
        assert kernel.value("table.well") == "True"
