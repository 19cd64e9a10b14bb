"""Faults to order: what shall go wrong, on which path and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypedDict


class FaultOptions(TypedDict, total=False):
    """What can go wrong with one answer.

    Attributes
    ----------
    status : int
        Answer with this status instead.
    retry_after : int or str
        The Retry-After header: seconds, or a date as HTTP writes it.
    body : bytes
        Answer with this body instead; with status 200 unless another is given.
    headers : mapping
        Headers added to the answer.
    reset : bool
        Reset the TCP connection, sending nothing.
    cut_after : int
        Send true headers and so many bytes of the body, then drop the connection.
    stall : float
        Real seconds to wait: before the answer, or after the `cut_after` bytes.
    expired : bool
        Answer 403 as for an expired link.
    changed : bool
        From now on the file has other bytes and another ETag.
    wrong_size : int
        Claim this Content-Length.
    performed : bool
        Let the request take effect before its answer is replaced or lost.
    method : str
        Strike only requests of this method, such as "DELETE".
    """

    status: int | None
    retry_after: int | str | None
    body: bytes | None
    headers: Mapping[str, str] | None
    reset: bool
    cut_after: int | None
    stall: float | None
    expired: bool
    changed: bool
    wrong_size: int | None
    performed: bool
    method: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of failure; the fields are those of `FaultOptions`."""

    status: int | None = None
    retry_after: int | str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    reset: bool = False
    cut_after: int | None = None
    stall: float | None = None
    expired: bool = False
    changed: bool = False
    wrong_size: int | None = None
    performed: bool = False
    method: str | None = None

    @property
    def replaces(self) -> bool:
        """Whether the true answer is never seen."""
        return self.reset or self.expired or self.status is not None or self.body is not None

    @property
    def shapes(self) -> bool:
        """Whether the way the body travels is changed."""
        return self.cut_after is not None or self.wrong_size is not None


@dataclass(slots=True)
class Faults:
    """The faults still to be served, in the order they were added.

    Examples
    --------
    >>> faults = Faults()
    >>> faults.add("/v1/*", 1, {"status": 503})
    >>> faults.take("GET", "/v1/account").status, faults.take("GET", "/v1/account")
    (503, None)
    """

    _waiting: list[_Order] = field(default_factory=list)

    def add(self, path: str, times: int, options: FaultOptions) -> None:
        """Order a fault for the next `times` requests whose path matches the pattern."""
        self._waiting.append(_Order(path, times, Fault(**options)))

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that is this request's, and count it as served."""
        for order in self._waiting:
            if fnmatchcase(path, order.pattern) and order.fault.method in (None, method):
                order.left -= 1
                if order.left <= 0:
                    self._waiting.remove(order)
                return order.fault
        return None


@dataclass(slots=True)
class _Order:
    pattern: str
    left: int
    fault: Fault
