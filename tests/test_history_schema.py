"""A file of the first version keeps all it holds, several kernels may open it at once, a newer one is left alone."""

import shutil
import sqlite3
import subprocess
import sys
import threading
import warnings
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from histories import KEY, REFS, asked, changed, make, opened

from mh_notebook.history import History
from mh_notebook.history.accounts import fingerprint
from mh_notebook.history.observing import without_links
from mh_notebook.history.schema import VERSION, output_number

FIRST_VERSION = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS projects (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    status TEXT, credits_charged INTEGER, project TEXT,
    first_seen_at TEXT NOT NULL, last_seen_at TEXT, deleted_at TEXT,
    PRIMARY KEY (account, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transitions (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    seen_at TEXT NOT NULL, status TEXT NOT NULL, credits_charged INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL,
    bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, saved_at TEXT NOT NULL,
    PRIMARY KEY (account, kind, id, path)
) WITHOUT ROWID;
PRAGMA user_version=1;
"""
SALT = "5a17" * 8
SEEN = "2026-01-01T00:00:{:02}.000000+00:00"
LINKS = [{"url": "", "expires_at": f"2026-01-0{day}T00:00:00Z"} for day in (3, 2)]


@pytest.fixture
def first(path):
    """A file as the first version made it: a project with two outputs, one with a refund, one never answered."""
    account = fingerprint(KEY, SALT)
    done, failed = make(status="complete", downloads=LINKS), make("video", "b", "error", 0)
    projects = [
        (account, "image", "a", "complete", 5, without_links(done), SEEN.format(1), SEEN.format(9), None),
        (account, "video", "b", "error", 0, without_links(failed), SEEN.format(2), SEEN.format(8), SEEN.format(9)),
        (account, "audio", "c", None, None, None, SEEN.format(3), None, None),
        (account, "audio", "spoilt", "queued", 3, '{"id": 5', SEEN.format(4), SEEN.format(4), None),
    ]
    transitions = [
        (account, "image", "a", SEEN.format(1), "queued", 5),
        (account, "video", "b", SEEN.format(2), "queued", 450),
        (account, "video", "b", SEEN.format(8), "error", 0),
        (account, "image", "a", SEEN.format(9), "complete", 5),
    ]
    files = [(account, "image", "a", "/out/a-2.png", 7, "0" * 64, SEEN.format(9))]
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"PRAGMA journal_mode=WAL; {FIRST_VERSION}")
        database.execute("INSERT INTO facts VALUES ('salt', ?)", (SALT,))
        for table, rows in (("projects", projects), ("transitions", transitions), ("files", files)):
            database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        database.commit()
    return path


def columns(path, table):
    return {name for _, name, *_ in asked(path, f"PRAGMA table_info({table})")}


def test_a_file_of_the_first_version_keeps_every_row_of_every_table(first):
    tables = ("facts", "projects", "transitions", "files")
    names = {table: ", ".join(sorted(columns(first, table))) for table in tables}
    before = {table: asked(first, f"SELECT {names[table]} FROM {table} ORDER BY 1, 2") for table in tables}
    for _ in range(3):
        with opened(first) as history:
            assert len(history.frame()) == 4
        assert asked(first, "PRAGMA user_version") == [(VERSION,)]
        assert {table: asked(first, f"SELECT {names[table]} FROM {table} ORDER BY 1, 2") for table in tables} == before


def test_what_the_first_versions_rows_tell_is_put_into_the_new_columns(first):
    with opened(first):
        pass
    query = "SELECT id, type, created_at, expires_at, download_count, peak_credits FROM projects ORDER BY id"
    created = "2026-01-01T00:00:00.000000+00:00"
    assert asked(first, query) == [
        ("a", "A", created, "2026-01-02T00:00:00.000000+00:00", 2, 5),
        ("b", "A", created, None, 0, 450),
        ("c", None, None, None, None, None),
        ("spoilt", None, None, None, None, 3),
    ]
    assert asked(first, "SELECT number FROM files") == [(2,)]
    assert asked(first, "SELECT DISTINCT gap_seconds, age_seconds FROM transitions") == [(None, None)]


def test_the_account_of_the_first_version_is_the_same_afterwards(first):
    with opened(first) as history:
        assert history.unfinished() == [REFS[2], ("audio", "spoilt")]
    with opened(first, "mhk_another_key") as history:
        assert history.unfinished() == []


def test_a_new_file_has_the_same_tables_as_a_migrated_one(first, tmp_path):
    new = tmp_path / "new.sqlite"
    with opened(first), opened(new):
        pass
    for table in ("facts", "projects", "transitions", "files", "watching"):
        assert asked(first, f"PRAGMA table_info({table})") == asked(new, f"PRAGMA table_info({table})")


ROUNDS, KERNELS = 5, 6
OPENING = """
import os, sys
from pathlib import Path
from mh_notebook.history import History
from mh_notebook.protocol.refs import Ref
for path in map(Path, sys.argv[2:]):
    print("ready", flush=True)
    sys.stdin.readline()
    history = History(path, sys.argv[1])
    history.remember([Ref("image", f"kernel {os.getpid()}")]).result()
    assert history.database.trouble == ""
    history.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("old", [True, False], ids=["migrated", "made"])
def test_several_processes_may_open_a_file_at_once(first, tmp_path, old):
    """Rounds of six, let go together; each of them writes, and none of them warns."""
    paths = [tmp_path / f"{number}.sqlite" for number in range(ROUNDS)]
    for path in paths if old else []:
        shutil.copy(first, path)
    command = [sys.executable, "-W", "error", "-c", OPENING, KEY, *map(str, paths)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    kernels = [subprocess.Popen(command, **pipes) for _ in range(KERNELS)]
    for _ in range(ROUNDS):
        assert [kernel.stdout.readline() for kernel in kernels] == ["ready\n"] * KERNELS
        for kernel in kernels:
            kernel.stdin.write("go\n")
    assert [kernel.communicate()[0] for kernel in kernels] == [""] * KERNELS
    assert [kernel.returncode for kernel in kernels] == [0] * KERNELS
    for path in paths:
        query = "SELECT count(DISTINCT account), count(*) FROM projects"
        assert asked(path, query) == [(1, KERNELS + 4 * old)]
        assert asked(path, "PRAGMA user_version") == [(VERSION,)]


def test_a_new_file_that_another_kernel_is_just_making_is_waited_for(path):
    """SQLite itself answers "locked" at once here, whatever patience it was given."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.2, other.execute, ["COMMIT"])
        timer.start()
        with opened(path) as history:
            assert history.database.trouble == ""
        timer.join()
    assert asked(path, "PRAGMA user_version") == [(VERSION,)]


def test_a_migration_that_breaks_leaves_the_file_as_it_was(first):
    changed(first, "CREATE TABLE watching (something TEXT)")  # the step that comes last fails
    before = asked(first, "SELECT * FROM projects")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with opened(first) as history:
            assert len(history.frame()) == 0
    (warning,) = caught
    assert str(first) in str(warning.message)
    assert asked(first, "PRAGMA user_version") == [(1,)]
    assert asked(first, "SELECT * FROM projects") == before


def test_a_newer_file_is_left_alone_with_one_warning_that_says_what_to_do(first):
    changed(first, f"PRAGMA user_version={VERSION + 1}")
    before = first.read_bytes()
    with pytest.warns(UserWarning, match="newer mh_notebook: upgrade this one") as caught:
        history = History(first, KEY)
    with closing(history):
        history.observe([make()]).result()
        assert (history.unfinished(), history.unended().result(), history.durations().result()) == ([], None, None)
    assert len(caught) == 1
    assert (str(first) in str(caught[0].message), first.read_bytes()) == (True, before)


def test_another_programs_database_is_left_as_it_is(path):
    changed(path, "CREATE TABLE recipes (title TEXT)")
    before = path.read_bytes()
    with pytest.warns(UserWarning, match="another program"):
        History(path, KEY).close()
    assert path.read_bytes() == before


def test_twenty_thousand_rows_are_migrated_in_a_moment(path):
    """A second is far more than it takes; a table that was searched through for each row would take minutes."""
    account, text = fingerprint(KEY, SALT), without_links(make(status="complete", downloads=LINKS))
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST_VERSION)
        database.execute("INSERT INTO facts VALUES ('salt', ?)", (SALT,))
        rows = [
            (account, "image", f"{n}", "complete", 5, text, SEEN.format(1), SEEN.format(1), None) for n in range(20_000)
        ]
        database.executemany("INSERT INTO projects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        moves = [(*row[:3], SEEN.format(n), "queued", 5 + n) for row in rows for n in range(3)]
        database.executemany("INSERT INTO transitions VALUES (?, ?, ?, ?, ?, ?)", moves)
        database.commit()
    started = datetime.now(UTC)
    with opened(path):
        assert datetime.now(UTC) - started < timedelta(seconds=20)
    assert asked(path, "SELECT DISTINCT peak_credits, download_count FROM projects") == [(7, 2)]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("cuid-1.png", 1),
        ("cuid-74ccf3c5-12.mp4", 12),
        ("cuid.png", None),
        ("cuid-1", None),
        ("-" + "9" * 30 + ".a", None),
    ],
)
def test_an_outputs_number_is_read_from_its_name(name, number):
    assert output_number(f"/out-7.x/{name}") == number
