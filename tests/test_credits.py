"""Credit numbers that add up: exactly, each project once, whatever the frame."""

import json
import random
from contextlib import closing

import pandas as pd
import pytest
from histories import KEY, OTHER_KEY

from mh_notebook import credits
from mh_notebook.frames import SCHEMA, Unread, build_frame
from mh_notebook.history import History
from mh_notebook.protocol.decoding import decode_project

COLUMNS = ["projects", "settled", "estimated", "total"]
SHAPES = {
    "image": {"image_count": 1},
    "video": {"width": 1, "height": 1, "start_seconds": 0, "end_seconds": 1, "fps": 1},
    "audio": {},
}


def make(kind, id_, charged, status="complete", at="2026-01-01T00:00:00Z", type_="A"):
    answer = {"id": id_, "name": None, "status": status, "type": type_, "created_at": at, "enabled": True}
    answer |= {"credits_charged": charged, "downloads": [], "error": None}
    body = json.dumps(answer | SHAPES[kind]).encode()
    return decode_project(kind, body, fetched_at=pd.Timestamp(at).to_pydatetime())


def rows(table):
    return {key: row.tolist() for key, row in table[COLUMNS].iterrows()}


def check(table):
    """Rows add up to the last, and settled plus estimated is total, to the credit."""
    assert list(table.columns) == [*COLUMNS, "refunded", "net"]
    assert [str(dtype) for dtype in table.dtypes] == ["Int64"] * 6
    assert (table["net"] == table["total"]).all()
    assert table["refunded"].isna().all()  # a frame that is not the history's knows nothing of refunds
    assert (table.iloc[:-1].sum() == table.iloc[-1]).all()
    assert (table["settled"] + table["estimated"] == table["total"]).all()
    assert not table[COLUMNS].isna().any(axis=None)
    return table


FRAME = build_frame(
    [
        make("image", "a", 5),
        make("image", "b", 7, "error"),
        make("video", "c", 450, "rendering", type_="B"),
        make("video", "d", 100, "complete", type_="B"),
        make("audio", "e", 0, "canceled"),
        Unread("image", "gone", "404"),
        Unread("", "", "no project"),
    ]
)


def test_credits_are_summed_by_kind_with_a_total():
    assert rows(check(credits.summary(FRAME))) == {
        "image": [2, 12, 0, 12],
        "video": [2, 100, 450, 550],
        "audio": [1, 0, 0, 0],
        "total": [5, 112, 450, 562],
    }
    assert credits.total(FRAME) == 562


def test_credits_are_summed_by_any_columns():
    assert rows(check(credits.summary(FRAME, "type"))) == {
        "A": [3, 12, 0, 12],
        "B": [2, 100, 450, 550],
        "total": [5, 112, 450, 562],
    }
    table = check(credits.summary(FRAME, ["kind", "status"]))
    assert table.loc[("video", "rendering"), COLUMNS].tolist() == [1, 0, 450, 450]
    assert table.loc[("total", ""), COLUMNS].tolist() == [5, 112, 450, 562]
    assert (len(table), list(table.index.names)) == (6, ["kind", "status"])
    assert rows(check(credits.summary(FRAME, ["kind"]))) == rows(credits.summary(FRAME))


def test_a_project_that_two_keys_have_seen_counts_once(tmp_path):
    """An id is one project's alone, whatever key asks for it: a new key bills no old project again."""
    old, new = (History(tmp_path / "history.sqlite", key) for key in (KEY, OTHER_KEY))
    with closing(old), closing(new):
        old.observe([make("image", "a", 5), make("image", "b", 7)]).result()
        new.observe([make("image", "a", 6)]).result()
    with closing(History(tmp_path / "history.sqlite", None)) as everyone:
        frame = everyone.frame()
    assert (len(frame), credits.total(frame)) == (3, 13)


def test_a_project_in_several_rows_counts_once_as_last_fetched():
    estimates = [
        make("video", "c", 450, "queued", "2026-01-01T00:00:00Z"),
        make("video", "c", 320, "complete", "2026-01-01T00:02:00Z"),
        make("video", "c", 400, "rendering", "2026-01-01T00:01:00Z"),
        make("image", "c", 5),  # another kind: another project
    ]
    for _ in range(5):
        random.Random(_).shuffle(estimates)
        frame = build_frame(estimates)
        assert rows(check(credits.summary(frame))) == {
            "image": [1, 5, 0, 5],
            "video": [1, 320, 0, 320],
            "total": [2, 325, 0, 325],
        }
        assert credits.total(frame) == 325
        assert credits.total(pd.concat([frame, frame])) == 325


@pytest.mark.parametrize("frame", [build_frame([]), FRAME.iloc[5:], FRAME.iloc[:0]], ids=["empty", "all NA", "no rows"])
def test_where_nothing_is_known_the_total_is_zero(frame):
    assert rows(check(credits.summary(frame))) == {"total": [0, 0, 0, 0]}
    assert check(credits.summary(frame, ["kind", "type"])).index.tolist() == [("total", "")]
    assert credits.total(frame) == 0
    assert type(credits.total(frame)) is int


def test_one_row_is_its_own_total():
    assert rows(check(credits.summary(FRAME.iloc[2:3]))) == {"video": [1, 0, 450, 450], "total": [1, 0, 450, 450]}


def test_rows_that_could_not_be_fetched_count_nowhere_and_do_no_harm():
    known = FRAME[FRAME["fetch_error"].isna()]
    pd.testing.assert_frame_equal(credits.summary(FRAME), credits.summary(known))
    assert credits.total(FRAME) == credits.total(known)


def test_a_project_seen_before_it_was_lost_keeps_its_credits():
    frame = build_frame([make("image", "a", 5), Unread("image", "a", "503")])
    assert credits.total(frame) == 5


def test_an_unknown_status_is_an_estimate():
    frame = build_frame([make("image", "a", 5, "transcoding")])
    assert rows(check(credits.summary(frame, "status")))["transcoding"] == [1, 0, 5, 5]


def test_a_group_without_a_name_is_still_counted():
    frame = build_frame([make("image", "a", 5), make("image", "b", 6)])
    assert check(credits.summary(frame, "name"))["total"].tolist() == [11, 11]


def test_refunds_below_zero_are_summed_as_they_are():
    assert credits.total(build_frame([make("image", "a", -5), make("image", "b", 3)])) == -2


def test_random_frames_add_up_exactly():
    for seed in range(20):
        dice = random.Random(seed)
        made = [
            make(
                dice.choice(list(SHAPES)),
                str(dice.randrange(30)),
                dice.randrange(10**6),
                dice.choice(["complete", "queued"]),
            )
            for _ in range(60)
        ]
        frame = build_frame(made)
        by_id = {(project.kind, project.id): project.credits_charged for project in made}  # the last of equals
        assert credits.total(frame) == sum(by_id.values())
        for by in ("kind", ["kind", "status"], ["type", "kind", "status"]):
            assert int(check(credits.summary(frame, by)).iloc[-1]["total"]) == sum(by_id.values())


def test_the_frame_given_is_never_changed():
    before = FRAME.copy()
    credits.summary(FRAME)
    credits.total(FRAME)
    pd.testing.assert_frame_equal(FRAME, before)
    assert list(FRAME.columns) == list(SCHEMA)


def test_a_column_that_is_not_there_is_said_so():
    for by in ("colour", ["kind", "colour"], []):
        with pytest.raises(ValueError, match="column"):
            credits.summary(FRAME, by)
