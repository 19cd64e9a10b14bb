"""A history as one file to carry elsewhere: .json, .csv or .parquet, and back. No key and no link is in it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mh_notebook.protocol.errors import ConfigurationError, MagicHourError

from .merging import TABLES, Content
from .schema import VERSION

FORMAT = "mh_notebook history"
_NUMBERS: dict[str, type[int | float]] = {
    "credits_charged": int, "download_count": int, "peak_credits": int, "bytes": int, "number": int,
    "draft_seconds": float, "gap_seconds": float, "age_seconds": float,
}  # fmt: skip
_COLUMNS = ("record", "value", *dict.fromkeys(name for columns in TABLES.values() for name in columns))
_NEVER_NULL = {
    "projects": ("account", "kind", "id", "first_seen_at"),
    "transitions": ("account", "kind", "id", "seen_at", "status", "credits_charged"),
    "files": ("account", "kind", "id", "path", "bytes", "sha256", "saved_at"),
}
_LARGEST_FIELD = 2**31 - 1  # characters; the csv module's own limit is 131,072, and a project may be longer

Line = dict[str, Any]


class Carried(NamedTuple):
    """What an export holds: the salts of its accounts, its own first, and its rows."""

    salts: list[str]
    content: Content


def write_export(path: Path, carried: Carried) -> None:
    """Write an export; its ending says how. A file of that name is replaced, once the new one is whole.

    Raises
    ------
    MagicHourError
        The ending is unknown, a library is missing, or the disk refuses.
    """
    write, _ = _format(path)
    part = path.with_name(f"{path.name}.part")
    try:
        write(part, list(_lines(carried)))
        part.replace(path)
    except OSError as error:
        raise MagicHourError(f"Could not write {path}: {error.strerror}.", hint="Choose another file.") from None
    finally:
        part.unlink(missing_ok=True)


def read_export(path: Path) -> Carried:
    """Read an export.

    Raises
    ------
    MagicHourError
        It is none, or one of a newer version; nothing was taken from it.
    """
    _, read = _format(path)
    try:
        return _carried(read(path))
    except OSError as error:
        raise MagicHourError(f"Could not read {path}: {error.strerror or error}.") from None
    except (ValueError, KeyError, TypeError, csv.Error, msgspec.MsgspecError) as error:
        raise MagicHourError(f"{path} is no export of a history, or it was changed ({error}).") from None


def _lines(carried: Carried) -> Iterator[Line]:
    yield {"record": FORMAT, "value": str(VERSION)}
    yield from ({"record": "salt", "value": salt} for salt in carried.salts)
    for table, rows in carried.content.items():
        yield from ({"record": table, **dict(zip(TABLES[table], row, strict=True))} for row in rows)


def _carried(lines: Iterable[Line]) -> Carried:
    head, *rest = lines
    if head["record"] != FORMAT:
        raise ValueError("its first line does not say so")
    if int(head["value"]) > VERSION:
        raise ValueError("it was made by a newer mh_notebook")
    salts = [str(line["value"]) for line in rest if line["record"] == "salt" and line["value"]]
    if not salts:
        raise ValueError("it does not say how its accounts were named")
    content: Content = {table: [] for table in TABLES}
    for line in rest:
        if line["record"] != "salt":
            content[line["record"]].append(_row(line["record"], line))
    return Carried(salts, content)


def _row(table: str, line: Line) -> tuple[Any, ...]:
    if missing := [name for name in _NEVER_NULL[table] if line.get(name) is None]:
        raise ValueError(f"a line of {table} lacks {missing[0]}")
    return tuple(_checked(name, line.get(name)) for name in TABLES[table])


def _checked(name: str, value: Any) -> Any:
    kind = _NUMBERS.get(name, str)
    if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(f"{name} is {value}")
        return value
    if kind is float and isinstance(value, int):
        return float(value)
    raise ValueError(f"{name} is {value!r}")


def _write_json(path: Path, lines: list[Line]) -> None:
    path.write_bytes(b"[\n" + b",\n".join(map(msgspec.json.encode, lines)) + b"\n]\n")


def _read_json(path: Path) -> list[Line]:
    return msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])


def _write_csv(path: Path, lines: list[Line]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows([_as_text(line.get(name)) for name in _COLUMNS] for line in lines)


def _read_csv(path: Path) -> list[Line]:
    before = csv.field_size_limit(_LARGEST_FIELD)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            names = next(rows, [])
            return [
                {name: _from_text(name, text) for name, text in zip(names, row, strict=True)} for row in rows if row
            ]
    finally:
        csv.field_size_limit(before)


def _as_text(value: Any) -> str:
    """Write a cell: nothing is NULL; a text that is nothing, or begins with a backslash, gets one in front."""
    if isinstance(value, str):
        return f"\\{value}" if not value or value.startswith("\\") else value
    return "" if value is None else repr(value)


def _from_text(name: str, text: str) -> Any:
    return _NUMBERS.get(name, str)(text.removeprefix("\\")) if text else None


def _write_parquet(path: Path, lines: list[Line]) -> None:
    arrow, parquet = _arrow()
    types = {int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    schema = arrow.schema([(name, types[_NUMBERS.get(name, str)]) for name in _COLUMNS])
    parquet.write_table(arrow.Table.from_pylist(lines, schema=schema), path)


def _read_parquet(path: Path) -> list[Line]:
    arrow, parquet = _arrow()
    try:
        lines: list[Line] = parquet.read_table(path).to_pylist()
    except arrow.ArrowException as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    return lines


def _arrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MagicHourError("Parquet needs pyarrow: pip install pyarrow.", hint="Or use .csv or .json.") from None


_FORMATS: dict[str, tuple[Callable[[Path, list[Line]], None], Callable[[Path], list[Line]]]] = {
    ".csv": (_write_csv, _read_csv),
    ".parquet": (_write_parquet, _read_parquet),
    ".json": (_write_json, _read_json),
}


def _format(path: Path) -> tuple[Callable[[Path, list[Line]], None], Callable[[Path], list[Line]]]:
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        raise ConfigurationError(f"{path} has none of the endings {', '.join(_FORMATS)}.") from None
