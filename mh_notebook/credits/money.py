"""What credits cost in money: exact to the end, and rounded once, so that the parts add up to the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from mh_notebook.protocol.errors import ConfigurationError

from .columns import By, whole
from .summing import summary

Number = int | str | Decimal | float

# ISO 4217: the currencies whose minor unit is not a hundredth, by its number of decimals.
_OTHER_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: decimals for decimals, codes in _OTHER_MINOR_UNITS.items() for code in codes.split()}


class Band(NamedTuple):
    """From how many credits on a rate holds, and the rate: money per credit, exact."""

    start: Fraction
    rate: Fraction


class Plan:
    """What credits cost you: a price for so many of them, or rates that change with their number.

    No price is built in, as prices go stale: say your own. Nothing is computed in floats. Sums are exact to the
    end, and are then rounded once to the currency's minor unit, half to even.

    Parameters
    ----------
    price : int, str, Decimal or float, optional
        Of `credits` credits. A float is taken by its shortest decimal form: 0.1 is 0.1.
    credits : int, optional
        How many credits the price buys.
    currency : str
        Three capital letters of ISO 4217, such as "USD"; they say how many decimals an amount has.
    bands : sequence of (credits, rate), optional
        Instead of a price: from how many credits on which price of one credit holds. The first band starts at 0.
        Bands are marginal: a rate holds for the credits within its band alone. They are counted over what is
        priced at once, so hand over one billing period at a time (`credits.during`).

    Raises
    ------
    ConfigurationError
        Neither or both of price and bands were given, or one of them cannot be.

    Examples
    --------
    >>> Plan(price=19, credits=12_000).cost(1_000)
    Decimal('1.58')
    >>> Plan(bands=[(0, "0.0012"), (100_000, "0.00108")], currency="EUR").cost(150_000)
    Decimal('174.00')
    """

    def __init__(
        self,
        price: Number | None = None,
        credits: int | None = None,
        currency: str = "USD",
        *,
        bands: Sequence[tuple[int, Number]] | None = None,
    ) -> None:
        if (price is None) == (bands is None) or (price is None) != (credits is None):
            raise ConfigurationError("A plan is a price with its credits, or bands.", hint=_EXAMPLE)
        self.currency = _currency(currency)
        self.bands = tuple(_bands([(0, _flat(price, credits))] if bands is None else bands))

    def __repr__(self) -> str:
        rates = ", ".join(f"{float(band.rate):g} from {int(band.start):,}" for band in self.bands)
        return f"<Plan {self.currency} per credit: {rates}>"

    def cost(self, credits: int) -> Decimal:
        """Price credits.

        Parameters
        ----------
        credits : int
            How many; below 0 they are a refund, at the first band's rate.

        Returns
        -------
        Decimal
            Money, with the decimals of the currency.

        Examples
        --------
        >>> Plan(price="0.0025", credits=1, currency="JPY").cost(1_000)
        Decimal('2')
        """
        return self._money(round(self._exact(whole(credits)) * self._minor))

    def split(self, credits: Sequence[int] | pd.Series[int]) -> list[Decimal]:
        """Price credits part by part, so that the parts add up to the price of them all.

        Each part gets its share of the whole, rounded down; the minor units left over go to the parts that lost
        most by it, one each, the earlier first among equals.

        Parameters
        ----------
        credits : sequence of int
            The parts.

        Returns
        -------
        list of Decimal
            Money, in the same order; their sum is `cost(sum(credits))`.

        Examples
        --------
        >>> Plan(price=1, credits=3).split([1, 1, 1])
        [Decimal('0.34'), Decimal('0.33'), Decimal('0.33')]
        """
        parts = [whole(part) for part in credits]
        sum_ = sum(parts)
        exact = self._exact(sum_)
        rate = exact / sum_ if sum_ else self.bands[0].rate
        shares = [part * rate * self._minor for part in parts]
        units = [share.numerator // share.denominator for share in shares]
        lost = sorted(range(len(parts)), key=lambda number: units[number] - shares[number])
        for number in lost[: round(exact * self._minor) - sum(units)]:
            units[number] += 1
        return [self._money(unit) for unit in units]

    def bill(self, frame: pd.DataFrame, by: By = "kind") -> pd.DataFrame:
        """Sum up credits by any columns, and price them.

        Parameters
        ----------
        frame : pandas.DataFrame
            Of the fixed schema; one billing period of it.
        by : str or sequence of str
            Columns to group by.

        Returns
        -------
        pandas.DataFrame
            What `credits.summary` returns, and `amount` (Decimal, in the plan's currency) for the net credits.
            The rows' amounts add up to that of the total, to the last minor unit.

        Raises
        ------
        ConfigurationError
            The frame lacks a column.

        Examples
        --------
        >>> from mh_notebook.frames import build_frame
        >>> Plan(price=19, credits=12_000).bill(build_frame([])).loc["total", "amount"]
        Decimal('0.00')
        """
        table = summary(frame, by)
        net = [int(number) for number in table["net"]]
        amounts = [*self.split(net[:-1]), self.cost(net[-1])]
        return table.assign(amount=pd.Series(amounts, index=table.index, dtype=object))

    def text(self, amount: Decimal) -> str:
        """Write an amount with its currency.

        Examples
        --------
        >>> Plan(price=19, credits=12_000).text(Decimal("1234.5"))
        'USD 1,234.50'
        """
        return f"{self.currency} {amount:,.{self._decimals}f}"

    @property
    def _decimals(self) -> int:
        return _DECIMALS.get(self.currency, 2)

    @property
    def _minor(self) -> Fraction:
        return Fraction(10) ** self._decimals

    def _exact(self, credits: int) -> Fraction:
        """Price credits without rounding."""
        ends = [*[band.start for band in self.bands[1:]], None]
        price = Fraction(min(credits, 0)) * self.bands[0].rate
        for band, end in zip(self.bands, ends, strict=True):
            upper = Fraction(credits) if end is None else min(Fraction(credits), end)
            price += max(upper - band.start, Fraction(0)) * band.rate
        return price

    def _money(self, units: int) -> Decimal:
        # Made from digits, as arithmetic would round to the 28 digits of the context, or to the caller's.
        return Decimal((int(units < 0), [int(digit) for digit in str(abs(units))], -self._decimals))


_EXAMPLE = 'Such as Plan(price=19, credits=12_000) or Plan(bands=[(0, "0.0012"), (100_000, "0.00108")]).'


def exact(number: Number) -> Fraction:
    """Read a number as what is written; a float by its shortest decimal form.

    Examples
    --------
    >>> exact(0.0012) == exact("0.0012")
    True
    """
    try:
        return Fraction(Decimal(str(number)))  # True and False are no numbers to Decimal as text
    except (InvalidOperation, ValueError, TypeError, OverflowError):  # no number, NaN, infinity
        raise ConfigurationError(f"{number!r} is no amount of money.", hint=_EXAMPLE) from None


def _flat(price: Number | None, credits: int | None) -> Fraction:
    bought = whole(credits)
    if bought <= 0:
        raise ConfigurationError(f"A price buys 1 credit or more, not {bought}.", hint=_EXAMPLE)
    return exact(price or 0) / bought


def _bands(given: Sequence[tuple[int, Number | Fraction]]) -> list[Band]:
    try:
        pairs = [(start, rate) for start, rate in given]
    except (TypeError, ValueError):
        raise ConfigurationError("Bands are pairs of credits and a rate.", hint=_EXAMPLE) from None
    bands = [Band(Fraction(whole(start)), rate if isinstance(rate, Fraction) else exact(rate)) for start, rate in pairs]
    ascending = all(lower.start < upper.start for lower, upper in pairwise(bands))
    if not bands or bands[0].start != 0 or not ascending or min(band.rate for band in bands) < 0:
        raise ConfigurationError("Bands start at 0 and ascend, and no rate is below 0.", hint=_EXAMPLE)
    return bands


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", str(code)):
        raise ConfigurationError(f"{code!r} is no currency.", hint='Such as "USD", three capital letters of ISO 4217.')
    return code
