"""Money is exact: no float in it, rounded once, and the parts add up to the whole."""

import decimal
import random
from decimal import Decimal, localcontext
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from credits_frames import frame_of
from hypothesis import given, settings

import mh_notebook as mh
from mh_notebook.credits import Plan

FLAT = Plan(price=19, credits=12_000)
BANDED = Plan(bands=[(0, "0.0012"), (100_000, "0.00108"), (1_000_000, "0")])


def test_a_price_for_so_many_credits_is_shared_out_exactly():
    assert FLAT.cost(12_000) == Decimal("19.00")
    assert FLAT.cost(1_000) == Decimal("1.58")  # 1.58333...
    assert FLAT.cost(12_000 * 10**30) == Decimal(19 * 10**30)  # more digits than a context holds
    assert str(FLAT.cost(0)) == "0.00"


def test_a_band_holds_for_the_credits_within_it_alone():
    assert BANDED.cost(100_000) == Decimal("120.00")
    assert BANDED.cost(150_000) == Decimal("174.00")
    assert BANDED.cost(1_000_000) == Decimal("1092.00")
    assert BANDED.cost(5_000_000) == Decimal("1092.00")


def test_half_a_minor_unit_goes_to_the_even_neighbour():
    cents = Plan(price="0.005", credits=1)
    assert [cents.cost(number) for number in (1, 2, 3, 5)] == [Decimal(x) for x in ("0.00", "0.01", "0.02", "0.02")]


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("USD", "1.23"), ("JPY", "1"), ("KWD", "1.234"), ("CLF", "1.2345"), ("XYZ", "1.23")],
)
def test_an_amount_has_the_decimals_of_its_currency(currency, amount):
    assert str(Plan(price="1.23449", credits=1, currency=currency).cost(1)) == amount


def test_a_float_is_taken_by_its_shortest_decimal_form():
    assert Plan(price=0.0012, credits=1).bands == Plan(price="0.0012", credits=1).bands
    assert Plan(bands=[(0, 0.1)]).bands[0].rate == Fraction(1, 10)  # Decimal(0.1) is 0.1000000000000000055...
    assert Plan(bands=[(0, np.float64(0.1))]).bands == Plan(bands=[(0, Decimal("0.1"))]).bands


def test_every_amount_is_a_decimal_and_no_context_of_the_callers_changes_it():
    with localcontext() as context:
        context.prec, context.rounding = 2, decimal.ROUND_UP
        amounts = [*BANDED.split([123_456, 7, 654_321]), BANDED.cost(777_784)]
    assert amounts == [*BANDED.split([123_456, 7, 654_321]), BANDED.cost(777_784)]
    assert {type(amount) for amount in amounts} == {Decimal}
    assert {amount.as_tuple().exponent for amount in amounts} == {-2}


def test_minor_units_left_over_go_to_those_who_lost_most():
    third = Plan(price=1, credits=3)
    assert third.split([1, 1, 1]) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert third.split([2, 1, 0]) == [Decimal("0.67"), Decimal("0.33"), Decimal("0.00")]  # nobody pays for nothing
    assert third.split([]) == []
    assert FLAT.split(pd.Series([6_000, 6_000])) == [Decimal("9.50")] * 2


def test_a_refund_is_money_back():
    assert FLAT.cost(-1_000) == Decimal("-1.58")
    assert FLAT.split([1_000, -1_000]) == [Decimal("1.58"), Decimal("-1.58")]
    assert sum(FLAT.split([5_000, -300])) == FLAT.cost(4_700)


rates = st.decimals(min_value=0, max_value=10, places=6, allow_nan=False)
plans = st.one_of(
    st.builds(Plan, price=rates, credits=st.integers(1, 10**6), currency=st.sampled_from(["USD", "JPY", "KWD"])),
    st.builds(
        lambda starts, given_rates: Plan(bands=list(zip([0, *sorted(starts)], given_rates, strict=False))),
        st.sets(st.integers(1, 10**6), max_size=3),
        st.lists(rates, min_size=4, max_size=4),
    ),
)


@settings(deadline=None)
@given(plans, st.lists(st.integers(0, 10**7), max_size=20))
def test_the_parts_add_up_to_the_whole_for_any_plan_and_any_split(plan, parts):
    amounts = plan.split(parts)
    assert sum(amounts, Decimal(0)) == plan.cost(sum(parts))
    assert all(amount >= 0 for amount in amounts)
    assert all(amount == 0 for amount, part in zip(amounts, parts, strict=True) if part == 0)


@settings(deadline=None)
@given(plans, st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_credits_never_cost_less(plan, credits, more):
    assert plan.cost(credits + more) >= plan.cost(credits)


def test_a_bill_prices_each_group_and_its_rows_add_up():
    dice = random.Random(3)
    rows = [{"type": f"T{dice.randrange(9)}", "credits_charged": dice.randrange(1, 999)} for _ in range(200)]
    frame = frame_of(*rows)
    for by in ("type", ["kind", "type"]):
        table = FLAT.bill(frame, by)
        assert list(table.columns)[-1] == "amount"
        assert table["amount"].iloc[:-1].sum() == table["amount"].iloc[-1] == FLAT.cost(mh.credits.total(frame))
        assert {type(amount) for amount in table["amount"]} == {Decimal}


def test_a_bill_of_nothing_is_nothing():
    assert FLAT.bill(frame_of())["amount"].tolist() == [Decimal("0.00")]


def test_an_amount_is_written_with_its_currency():
    assert Plan(price=1, credits=1, currency="JPY").text(Decimal(1234)) == "JPY 1,234"
    assert FLAT.text(Decimal("-0.5")) == "USD -0.50"
    assert repr(BANDED) == "<Plan USD per credit: 0.0012 from 0, 0.00108 from 100,000, 0 from 1,000,000>"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"price": 19},
        {"credits": 12},
        {"price": 19, "credits": 12_000, "bands": [(0, 1)]},
        {"price": 19, "credits": 0},
        {"price": 19, "credits": 1.5},
        {"price": -1, "credits": 1},
        {"price": "nineteen", "credits": 1},
        {"price": float("nan"), "credits": 1},
        {"price": float("inf"), "credits": 1},
        {"price": True, "credits": 1},
        {"price": 19, "credits": 12_000, "currency": "dollars"},
        {"price": 19, "credits": 12_000, "currency": "usd"},
        {"bands": []},
        {"bands": [(1, "0.1")]},
        {"bands": [(0, "0.1"), (0, "0.2")]},
        {"bands": [(0, "0.1"), (9, "0.2"), (5, "0.3")]},
        {"bands": [(0, "-0.1")]},
        {"bands": [0.1]},
        {"bands": 0.1},
    ],
    ids=str,
)
def test_a_plan_that_cannot_be_is_refused(arguments):
    with pytest.raises(mh.ConfigurationError):
        Plan(**arguments)


def test_credits_that_are_no_whole_number_are_refused():
    for number in (1.0, "5", None, True):
        with pytest.raises(mh.ConfigurationError, match="whole numbers"):
            FLAT.cost(number)
