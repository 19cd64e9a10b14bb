"""Summaries know refunds, add up for any split, and do a million rows in a second."""

import time

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from credits_frames import frame_of, rows_of
from hypothesis import given, settings

import mh_notebook as mh
from mh_notebook import credits
from mh_notebook.frames import SCHEMA, build_frame

MILLION = 1_000_000
projects = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["image", "video", "audio"]),
        "id": st.integers(0, 12).map(str),
        "type": st.sampled_from(["A", "B", None]),
        "status": st.sampled_from(["complete", "rendering", "error"]),
        "credits_charged": st.one_of(st.none(), st.integers(-1_000, 10**9)),
        "credits_refunded": st.one_of(st.none(), st.integers(0, 10**9)),
        "created_at": st.datetimes(pd.Timestamp("2026-01-01"), pd.Timestamp("2026-12-31")).map(lambda at: f"{at}Z"),
        "fetched_at": st.integers(0, 9).map(lambda second: pd.Timestamp(f"2027-01-01T00:00:0{second}Z")),
    }
)
splits = st.lists(st.sampled_from(["kind", "id", "type", "status", "enabled"]), min_size=1, max_size=3, unique=True)


def last_of_each(rows):
    """What must be counted, in plain Python: of each project the row fetched last, the later one of equals."""
    last = {}
    for row in rows:
        key = (row["kind"], row["id"])
        if row["credits_charged"] is not None and (key not in last or row["fetched_at"] >= last[key]["fetched_at"]):
            last[key] = row
    return list(last.values())


@settings(deadline=None, max_examples=60)
@given(st.lists(projects, max_size=30), splits, st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]))
@pytest.mark.slow
def test_the_totals_are_the_rows_sums_exactly_for_any_split(rows, by, tz):
    frame = frame_of(*rows, history=["credits_refunded"])
    counted = last_of_each(rows)
    charged = sum(row["credits_charged"] for row in counted)
    refunds = [row["credits_refunded"] for row in counted if row["credits_refunded"] is not None]
    table = credits.summary(frame, by)
    assert rows_of(table)[-1] == [
        len(counted),
        sum(row["credits_charged"] for row in counted if row["status"] != "rendering"),
        sum(row["credits_charged"] for row in counted if row["status"] == "rendering"),
        charged,
        sum(refunds) if refunds else None,
        charged,
    ]
    assert table.iloc[:-1].fillna(0).sum().tolist() == table.iloc[-1].fillna(0).tolist()
    assert credits.total(frame) == charged
    for freq in ("D", "W", "M"):
        for split in (None, by):
            periods = credits.over_time(frame, freq, tz, by=split)
            assert (periods["credits"].sum(), periods["projects"].sum()) == (charged, len(counted))
    statement = credits.statement(frame, "2026", by=by)  # in UTC all of them are of 2026
    assert statement.table["net"].iloc[-1] == charged
    assert (statement.table["charged"] - statement.table["refunded"] == statement.table["net"]).all()


def test_refunds_are_summed_where_they_are_known_and_unknown_where_they_are_not():
    rows = [("image", 0), ("image", 30), ("video", None), ("audio", None), ("audio", 7)]
    rows = [{"kind": kind, "credits_refunded": refunded} for kind, refunded in rows]
    table = credits.summary(frame_of(*rows, history=["credits_refunded"]))
    assert rows_of(table[["total", "refunded", "net"]]) == [[10, 30, 10], [5, None, 5], [10, 7, 10], [25, 37, 25]]


def test_columns_that_bear_the_names_of_sums_can_be_grouped_by():
    frame = frame_of({"credits_charged": 3}, {"credits_charged": 4}).assign(total=["x", "y"], settled="z")
    assert credits.summary(frame, ["total", "settled"]).index.tolist() == [("x", "z"), ("y", "z"), ("total", "")]


def test_an_index_that_holds_a_label_twice_loses_nobody():
    frame = frame_of({"id": "a"}, {"id": "b"}, {"id": "a"}, {"id": "c"}).set_axis([0, 0, 0, 0])
    assert credits.distinct(frame)["id"].tolist() == ["b", "a", "c"]


@pytest.mark.parametrize("call", [credits.total, credits.summary, credits.over_time, credits.unit_costs, credits.audit])
def test_a_frame_without_the_columns_is_told_which_they_are(call):
    with pytest.raises(mh.ConfigurationError, match=r"no column '(kind', 'id'|created_at'|credits_settled'|status')"):
        call(pd.DataFrame({"x": [1]}))
    with pytest.raises(mh.ConfigurationError, match="not in dict"):
        call({})


def test_what_cannot_be_grouped_by_is_said_so():
    frame = frame_of({}, {}).assign(parts=[[1], [2]])
    with pytest.raises(mh.ConfigurationError, match="values of 'parts' cannot be grouped by"):
        credits.summary(frame, "parts")


def test_all_na_columns_of_any_dtype_are_zero():
    frame = build_frame([]).reindex(range(3))  # what a join makes of them: objects and floats
    frame = frame.astype({"credits_charged": "float64", "credits_settled": object, "fetched_at": object})
    assert credits.total(frame) == 0
    assert rows_of(credits.summary(frame)) == [[0, 0, 0, 0, None, 0]]
    assert len(credits.over_time(frame)) == 0


@pytest.mark.slow
def test_a_million_rows_are_summed_by_kind_and_day_in_less_than_a_second_of_a_processor():
    frame = a_million_rows()
    day = frame["created_at"].dt.floor("D")
    by_hand = frame.groupby([frame["kind"], day], observed=True)["credits_charged"].sum()
    best = {}
    for name, call in {
        "over_time": lambda: credits.over_time(frame, "D", tz="UTC", by="kind"),
        "summary": lambda: credits.summary(frame.assign(day=day), ["kind", "day"]),
        "in Berlin": lambda: credits.over_time(frame, "D", tz="Europe/Berlin", by="kind"),
    }.items():
        times = []
        for _ in range(3):
            started = time.process_time()
            result = call()
            times.append(time.process_time() - started)
        best[name] = min(times)
        if name == "over_time":
            assert result["credits"].swaplevel().sort_index().tolist() == by_hand.tolist()
    print(pd.__version__, {name: round(seconds, 2) for name, seconds in best.items()})
    assert max(best.values()) < 1


def a_million_rows():
    dice = np.random.default_rng(0)
    frame = pd.DataFrame({name: pd.Series([None], dtype=dtype) for name, dtype in SCHEMA.items()})
    frame = frame.reindex(range(MILLION)).astype(SCHEMA)
    frame["kind"] = pd.Categorical.from_codes(dice.integers(0, 3, MILLION), dtype=SCHEMA["kind"])
    frame["id"] = pd.Series([f"cm{number:023d}" for number in range(MILLION)], dtype=SCHEMA["id"])
    seconds = pd.to_timedelta(dice.integers(0, 365 * 86_400, MILLION), unit="s")
    frame["created_at"] = frame["fetched_at"] = (pd.Timestamp("2026-01-01", tz="UTC") + seconds).as_unit("us")
    frame["credits_charged"] = pd.array(dice.integers(0, 500, MILLION), dtype="Int64")
    frame["credits_settled"] = pd.array(dice.random(MILLION) < 0.9, dtype="boolean")
    return frame
