"""Names of a package that are imported when they are first asked for: a session waits for what it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def at_first_use(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the `__getattr__` and `__dir__` of a package, from the place that each name is imported from later.

    A place is what stands between `from` and `import`: ".client", or "." for a module of the package itself.
    """
    face = sys.modules[package]
    vars(face)["_places"] = places
    face.__class__ = _Face

    def get(name: str) -> Any:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        thing = import_module(f".{name}", package) if place == "." else getattr(import_module(place, package), name)
        return vars(face).setdefault(name, thing)  # from now on it is found without asking here

    def listed() -> list[str]:
        return sorted({*face.__all__, *(name for name in vars(face) if name.startswith("__"))})

    return get, listed


class _Face(ModuleType):
    """A package whose public names keep their meaning: importing its module `history` leaves its function `history`."""

    __all__: list[str]
    _places: Mapping[str, str]

    def __setattr__(self, name: str, value: object) -> None:
        # Python makes each imported submodule an attribute of its package, whatever stood there.
        imported = isinstance(value, ModuleType) and value is sys.modules.get(f"{self.__name__}.{name}")
        if not imported or name not in self.__all__ or self._places.get(name) == ".":
            super().__setattr__(name, value)
