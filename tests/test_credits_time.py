"""Credits by day, week and month of a time zone, projected to the month's end, and held against a budget."""

import importlib.util
import math

import numpy as np
import pandas as pd
import pytest
from credits_frames import frame_of

import mh_notebook as mh
from mh_notebook import credits

BERLIN = "Europe/Berlin"


def spent_at(*times, **fields):
    """Projects of 1, 2, 4, 8 ... credits: each sum says which of them it holds."""
    return frame_of(*[{"created_at": at, "credits_charged": 2**n, **fields} for n, at in enumerate(times)])


def starts(table):
    return [str(start) for start in table.index]


@pytest.mark.parametrize(
    ("before", "first", "last", "after", "hours"),
    [
        ("2026-03-28T22:59:59Z", "2026-03-28T23:00Z", "2026-03-29T21:59:59.999999Z", "2026-03-29T22:00Z", 23),
        ("2026-10-24T21:59:59Z", "2026-10-24T22:00Z", "2026-10-25T22:59:59.999999Z", "2026-10-25T23:00Z", 25),
    ],
    ids=["spring", "autumn"],
)
def test_a_day_of_23_or_25_hours_is_one_day_to_the_microsecond(before, first, last, after, hours):
    table = credits.over_time(spent_at(before, first, last, after), "D", tz=BERLIN)
    assert table["credits"].tolist() == [1, 2 + 4, 8]
    assert table["credits_per_day"].tolist() == [1.0, 6.0, 8.0]
    assert (table.index[2] - table.index[1]) == pd.Timedelta(hours=hours)


def test_both_hours_between_two_and_three_in_autumn_are_the_same_day():
    frame = spent_at("2026-10-25T00:30Z", "2026-10-25T01:30Z")  # 2:30 summer time and 2:30 winter time
    assert credits.over_time(frame, "D", tz=BERLIN)["credits"].tolist() == [3]


@pytest.mark.parametrize(
    ("tz", "inside", "outside"),
    [
        (
            "Asia/Beirut",
            "2026-03-28T22:00Z",
            "2026-03-28T21:59:59Z",
        ),  # this midnight does not exist: the day begins at 1
        ("America/Havana", "2026-11-01T04:00Z", "2026-11-01T03:59:59Z"),  # this one comes twice: the first is meant
    ],
)
def test_a_midnight_that_does_not_exist_or_comes_twice_begins_its_day_once(tz, inside, outside):
    table = credits.over_time(spent_at(outside, inside), "D", tz=tz)
    assert table["credits"].tolist() == [1, 2]


def test_a_day_that_never_was_has_no_row():
    table = credits.over_time(spent_at("2011-12-29T12:00Z", "2011-12-31T12:00Z"), "D", tz="Pacific/Apia")
    assert [start[:10] for start in starts(table)] == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_the_same_moments_belong_to_other_days_in_another_zone():
    frame = spent_at("2026-10-31T22:59Z", "2026-10-31T23:00Z")
    assert starts(credits.over_time(frame, "M")) == ["2026-10-01 00:00:00+00:00"]
    berlin = credits.over_time(frame, "M", tz=BERLIN)
    assert starts(berlin) == ["2026-10-01 00:00:00+02:00", "2026-11-01 00:00:00+01:00"]
    assert berlin["credits"].tolist() == [1, 2]


def test_weeks_begin_on_monday_and_empty_periods_are_there():
    table = credits.over_time(spent_at("2026-10-04T12:00Z", "2026-10-05T00:00Z", "2026-10-20T00:00Z"), "W")
    assert [start[:10] for start in starts(table)] == ["2026-09-28", "2026-10-05", "2026-10-12", "2026-10-19"]
    assert table["credits"].tolist() == [1, 2, 0, 4]
    assert table["projects"].tolist() == [1, 1, 0, 1]
    assert table["running_total"].tolist() == [1, 3, 3, 7]
    assert table["credits_per_day"].tolist() == [1 / 7, 2 / 7, 0, 4 / 7]
    assert [str(dtype) for dtype in table.dtypes] == ["Int64", "Int64", "Int64", "Float64"]
    assert table.index.name == "week"


def test_a_month_is_as_long_as_it_is():
    table = credits.over_time(spent_at("2024-01-31T12:00Z", "2024-02-29T12:00Z", "2024-04-01T12:00Z"), "M")
    assert table["credits_per_day"].tolist() == [1 / 31, 2 / 29, 0, 4 / 30]


def test_groups_have_running_totals_of_their_own():
    frame = frame_of(
        {"kind": "video", "created_at": "2026-10-01T12:00Z", "credits_charged": 100},
        {"kind": "image", "created_at": "2026-10-01T13:00Z", "credits_charged": 1},
        {"kind": "image", "created_at": "2026-10-03T13:00Z", "credits_charged": 2, "type": None},
    )
    table = credits.over_time(frame, "D", by="kind")
    assert [(str(day.date()), kind) for day, kind in table.index] == [
        ("2026-10-01", "image"),
        ("2026-10-01", "video"),
        ("2026-10-03", "image"),
    ]
    assert table["running_total"].tolist() == [1, 100, 3]
    by_type = credits.over_time(frame, "D", by="type")
    assert by_type["credits"].tolist() == by_type["running_total"].tolist() == [101, 2]  # a missing type is a group


def test_one_project_in_many_rows_counts_once_as_last_fetched():
    row = {"id": "a", "created_at": "2026-10-01T12:00Z"}
    old = {**row, "credits_charged": 450, "fetched_at": pd.Timestamp("2026-10-01T12:01Z"), "status": "rendering"}
    new = {**row, "credits_charged": 320, "fetched_at": pd.Timestamp("2026-10-01T12:05Z")}
    lost = {**row, "credits_charged": 999, "fetched_at": None}  # nobody knows when: anything known is newer
    for rows in ((old, new, lost), (lost, new, old), (new, lost, old)):
        frame = frame_of(*rows)
        assert credits.over_time(frame)["credits"].tolist() == [320]
        assert credits.total(frame) == credits.total(pd.concat([frame, frame, frame])) == 320


@pytest.mark.parametrize(
    "frame",
    [frame_of(), frame_of({}, {}).assign(credits_charged=pd.array([None, None], dtype="Int64"))],
    ids=["no rows", "all NA"],
)
def test_where_nothing_is_known_there_are_no_periods(frame):
    for by in (None, "kind", ["kind", "type"]):
        table = credits.over_time(frame, "M", tz=BERLIN, by=by)
        assert len(table) == 0
        assert list(table.columns) == ["projects", "credits", "running_total", "credits_per_day"]
        assert table.attrs == {"time_zone": BERLIN, "undated_credits": 0}


def test_projects_without_a_date_belong_to_no_period_and_are_said():
    frame = spent_at("2026-10-01T12:00Z", "2026-10-02T12:00Z")
    frame.loc[1, "created_at"] = pd.NaT
    table = credits.over_time(frame)
    assert (table["credits"].tolist(), table.attrs["undated_credits"]) == ([1], 2)
    frame["created_at"] = pd.NaT
    assert credits.over_time(frame).attrs["undated_credits"] == 3


@pytest.mark.parametrize("tz", ["UTC", BERLIN, "America/New_York"])
@pytest.mark.parametrize("freq", ["D", "W", "M"])
@pytest.mark.parametrize("never", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_date_that_no_calendar_holds_is_no_date(never, freq, tz):
    frame = spent_at("2026-10-01T12:00Z", "2026-10-01T13:00Z")
    moments = np.array([never, "2026-10-01T13:00"], dtype="datetime64[us]")
    frame["created_at"] = pd.Series(moments).dt.tz_localize("UTC")
    table = credits.over_time(frame, freq, tz)
    assert (table["credits"].tolist(), table.attrs["undated_credits"]) == ([2], 1)
    assert "net credits 3 " in repr(credits.panel(frame, tz=tz))


def test_dates_that_a_file_made_text_are_read():
    frame = spent_at("2026-10-01T12:00Z", "2026-10-01T23:00Z")
    frame["created_at"] = frame["created_at"].astype(str)
    frame["credits_charged"] = frame["credits_charged"].astype("float64")
    assert credits.over_time(frame, "D", tz=BERLIN)["credits"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"freq": "Y"}, "freq is 'Y'"),
        ({"tz": "Middle/Earth"}, "no time zone 'Middle/Earth'"),
        ({"tz": "../etc"}, "no time zone"),
        ({"tz": None}, "no time zone"),
        ({"by": "colour"}, "no column 'colour'"),
        ({"by": []}, "No column to group by"),
    ],
)
def test_what_cannot_be_is_said_in_one_of_our_errors(options, said):
    with pytest.raises(mh.ConfigurationError, match=said):
        credits.over_time(spent_at("2026-10-01T12:00Z"), **options)


def test_during_keeps_a_month_of_its_time_zone_and_changes_nothing():
    frame = spent_at("2026-09-30T21:59:59Z", "2026-09-30T22:00Z", "2026-10-31T22:59:59Z", "2026-10-31T23:00Z")
    kept = credits.during(frame, "2026-10", tz=BERLIN)
    assert credits.total(kept) == 2 + 4
    pd.testing.assert_frame_equal(kept, frame.iloc[1:3])
    assert credits.total(credits.during(frame, "2026")) == 15
    assert credits.total(credits.during(frame, "2026-10-31", tz=BERLIN)) == 4
    assert credits.total(credits.during(frame, pd.Period("2026Q4"))) == 4 + 8
    # pandas reads these as October of the year 1, and as 11 October whatever the reader's country
    for period in ("Octember", "NaT", "", "October", "10/11/2026", pd.Timestamp("2026-10-01")):
        with pytest.raises(mh.ConfigurationError, match="is no period"):
            credits.during(frame, period)
    with pytest.raises(mh.ConfigurationError, match=r"no place in a calendar|is no period"):
        credits.during(frame, "9999-12")


def test_a_projection_goes_on_at_the_rate_so_far_and_says_so():
    frame = spent_at("2026-09-30T12:00Z", "2026-10-01T12:00Z", "2026-10-10T12:00Z", "2026-10-20T12:00Z")
    seen = credits.projection(frame, now="2026-10-11")
    assert (seen.month, seen.spent, seen.estimated, seen.projected) == ("2026-10", 6, 0, 19)  # 6 x 31 / 10 = 18.6
    assert seen.per_day == 0.6
    assert str(seen) == (
        "19 credits by the end of 2026-10.\n"
        "Assumed: the rest of the month goes on at the rate so far, 6 credits in 10.0 of 31 days (0.6 a day)."
    )


def test_a_projection_knows_that_october_has_an_hour_more_in_berlin():
    frame = spent_at("2026-10-01T12:00Z").assign(credits_charged=pd.array([745], dtype="Int64"))  # its hours
    berlin = credits.projection(frame, tz=BERLIN, now="2026-10-02 01:00")
    assert berlin.projected == 745 * 745 // 25
    assert "745 credits in 1.0 of 31.04 days" in str(berlin)  # who multiplies by 31 would miss 30 credits
    assert credits.projection(frame, tz="UTC", now="2026-10-02 01:00").projected == round(745 * 744 / 25)


def test_a_projection_counts_estimates_and_says_how_much_they_are():
    frame = frame_of({"credits_charged": 90, "status": "rendering"}, {"credits_charged": 10})
    seen = credits.projection(frame, now="2026-10-16 12:00")
    assert (seen.spent, seen.estimated, seen.projected) == (100, 90, 200)
    assert seen.assumption.endswith(" Of these, 90 are still estimates, counted as they stand.")


def test_a_projection_at_the_first_moment_of_a_month_has_no_rate():
    seen = credits.projection(spent_at("2026-10-01T00:00Z"), now="2026-10-01")
    assert (seen.spent, seen.projected, math.isnan(seen.per_day)) == (1, 1, True)
    assert seen.assumption == "Assumed: nothing more, as the month has just begun and has no rate yet."


@pytest.mark.parametrize("now", ["soon", pd.NaT, object()])
def test_a_moment_that_is_none_is_said_so(now):
    with pytest.raises(mh.ConfigurationError, match=r"no time|NaT"):
        credits.projection(spent_at("2026-10-01T12:00Z"), now=now)


def test_a_budget_says_what_is_left_and_the_day_it_runs_out():
    frame = spent_at("2026-10-01T12:00Z").assign(credits_charged=pd.array([100], dtype="Int64"))
    state = credits.Budget(limit=250, per="month", tz=BERLIN).of(frame, now="2026-10-11")
    assert (state.limit, state.spent, state.left, state.per_day) == (250, 100, 150, 10.0)
    assert (str(state.start), str(state.end)) == ("2026-10-01 00:00:00+02:00", "2026-11-01 00:00:00+01:00")
    assert (
        str(state.runs_out_on) == "2026-10-25 00:00:00+02:00"
    )  # 250 credits take 25 days, to the 26th at 00:00 +02:00
    assert str(state) == "150 of 250 credits left, at 10.0 a day they run out on 2026-10-25."
    assert credits.Budget(250, tz=BERLIN).warning(frame, now="2026-10-11") is None


def test_a_budget_that_lasts_runs_out_on_no_day():
    frame = spent_at("2026-10-01T12:00Z")
    for limit, spending in ((10**12, frame), (0, frame_of()), (5, frame_of())):
        state = credits.Budget(limit).of(spending, now="2026-10-11")
        assert state.runs_out_on is pd.NaT
        assert "last to the end, 2026-10-31" in str(state)
    assert str(credits.Budget(5).of(frame_of(), now="2026-10-01")) == "5 of 5 credits left."


def test_a_budget_that_is_passed_warns_and_names_the_day():
    frame = spent_at("2026-10-02T12:00Z", "2026-10-05T22:30Z", "2026-10-09T12:00Z")  # 1, 2 and 4 credits
    budget = credits.Budget(limit=2, per="month", tz=BERLIN)
    assert budget.warning(frame, now="2026-10-04") is None
    assert budget.warning(frame, now="2026-10-10") == (
        "The month's budget is passed since 2026-10-06: 7 of 2 credits spent, 5 too many."
    )
    assert str(budget.of(frame, now="2026-10-10")) == "5 credits too many; the limit of 2 was passed on 2026-10-06."
    assert credits.Budget(7).warning(frame, now="2026-10-10") is None  # to the credit
    assert str(credits.Budget(3).of(frame, now="2026-10-10").runs_out_on.date()) == "2026-10-09"  # 3 were not too many


def test_a_budget_is_passed_on_the_same_day_whatever_types_and_index_the_frame_has(tmp_path):
    frame = spent_at("2026-10-09T12:00Z", "2026-10-02T12:00Z", "2026-10-05T22:30Z")  # 1, 2 and 4 credits
    frames = [frame, frame.set_index("created_at", drop=False), frame.set_axis([0, 0, 0]), frame.astype(object)]
    if importlib.util.find_spec("pyarrow"):
        frame.to_parquet(tmp_path / "frame")
        frames.append(pd.read_parquet(tmp_path / "frame", dtype_backend="pyarrow"))
    passed = [str(credits.Budget(5).of(each, now="2026-10-10").runs_out_on.date()) for each in frames]
    assert passed == ["2026-10-05"] * len(frames)


def test_a_budget_begins_anew():
    frame = spent_at("2026-10-04T12:00Z", "2026-10-05T12:00Z", "2026-10-06T12:00Z")
    spent = {
        per: credits.Budget(100, per=per).of(frame, now="2026-10-06 23:00").spent for per in ("day", "week", "month")
    }
    assert spent == {"day": 4, "week": 6, "month": 7}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"limit": -1}, "0 credits or more"),
        ({"limit": 1.5}, "whole numbers"),
        ({"limit": True}, "whole numbers"),
        ({"limit": 5, "per": "year"}, "per is 'year'"),
        ({"limit": 5, "tz": "Nowhere"}, "no time zone"),
    ],
)
def test_a_budget_that_cannot_be_is_refused(arguments, said):
    with pytest.raises(mh.ConfigurationError, match=said):
        credits.Budget(**arguments)
