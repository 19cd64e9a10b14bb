"""Blocking methods made from the asynchronous ones: the same names, parameters and documentation."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from .transport.loop_thread import LoopThread

F = TypeVar("F", bound=Callable[..., Any])
A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
P = ParamSpec("P")
R = TypeVar("R")


class Blocking(Protocol[A_co]):
    """Something that stands before an asynchronous twin, and the thread on which the twin is run."""

    _thread: LoopThread

    @property
    def _asynchronous(self) -> A_co: ...


def blocking(
    method: Callable[Concatenate[A, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Blocking[A], P], R]:
    """Make the blocking twin of an asynchronous method."""

    @wraps(method)
    def call(self: Blocking[A], /, *arguments: P.args, **options: P.kwargs) -> R:
        return self._thread.run(method(self._asynchronous, *arguments, **options))

    return call


def documented_as(source: Callable[..., Any], *, without_self: bool = False) -> Callable[[F], F]:
    """Give a function the documentation and the visible signature of another that says them in full."""
    shown = signature(source)
    if without_self:
        shown = shown.replace(parameters=list(shown.parameters.values())[1:])

    def give(function: F) -> F:
        function.__doc__ = source.__doc__
        function.__signature__ = shown  # type: ignore[attr-defined]  # inspect's own hook
        return function

    return give
