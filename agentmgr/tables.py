"""TOML read into classes of settings: strictly, with every mistake told at once and what is allowed there."""

import difflib
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from agentmgr.fields import Allowed, Value

T = TypeVar("T")

MAX_FILE_BYTES = 1024 * 1024


class Mistakes(ValueError):
    """What was read cannot be used; `problems` has one line for each mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        Mistakes: it cannot be read, or is no TOML; with the file's name.
    """
    try:
        return tomllib.loads(_read_whole(path).decode())
    except OSError as error:
        raise Mistakes([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise Mistakes([f"{path}: byte {error.start} is not UTF-8; TOML files are"]) from None
    except tomllib.TOMLDecodeError as error:
        raise Mistakes([f"{path}: not valid TOML: {error}"]) from None
    except RecursionError:
        raise Mistakes([f"{path}: arrays or tables are in each other more deeply than can be read"]) from None


def _read_whole(path: Path) -> bytes:
    # Not waiting: a named pipe that nobody writes into would keep us here for good.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
            raise Mistakes([f"{path}: is {kind}; give a TOML file"])
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise Mistakes([f"{path}: has more than {MAX_FILE_BYTES} bytes; is it a TOML file?"])
    return content


class Tables(Generic[T]):
    """Reads a document of tables into a class whose fields are settings, or again such classes.

    A field that is a tuple of such a class is an array of tables.
    """

    def __init__(self, cls: type[T]) -> None:
        self._cls = cls
        self._converter = Converter()
        self._register(cls)

    def read(self, document: Mapping[str, Any]) -> T:
        """Return the document as an object of the class.

        Raises:
            Mistakes: a line each: key, what was found, what is allowed.
        """
        try:
            return self._converter.structure(document, self._cls)
        except (ClassValidationError, _Wrong) as error:
            raise Mistakes(_problems(error, "")) from None

    def _register(self, cls: type[Any]) -> None:
        overrides: dict[str, Any] = {}
        hints = get_type_hints(cls)
        for each in attrs.fields(cls):
            if "allowed" in each.metadata:
                overrides[each.name] = override(struct_hook=_check(each.metadata["allowed"]))
            elif get_origin(kind := hints[each.name]) is tuple:
                self._register(get_args(kind)[0])
                hook = self._array_hook(each.name, get_args(kind)[0])
                overrides[each.name] = override(struct_hook=hook)
            else:
                self._register(kind)
        structure = make_dict_structure_fn(
            cls,
            self._converter,
            _cattrs_forbid_extra_keys=True,
            _cattrs_detailed_validation=True,
            **overrides,
        )

        def hook_of_table(value: Any, type_: Any) -> Any:
            if not isinstance(value, Mapping):
                raise _Wrong(f"found {shown(value)}; allowed: a table of settings")
            return structure(value, type_)

        self._converter.register_structure_hook(cls, hook_of_table)

    def _array_hook(self, name: str, cls: type[Any]) -> Callable[[Any, Any], tuple[Any, ...]]:
        def hook(value: Any, _: Any) -> tuple[Any, ...]:
            if not isinstance(value, list):
                raise _Wrong(f"found {shown(value)}; allowed: tables, each under a line [[{name}]]")
            return tuple(self._converter.structure(value, list[cls]))  # type: ignore[valid-type]  # a variable

        return hook


class _Wrong(ValueError):
    """A value that is not allowed; the text has what was found and what is allowed."""


def shown(value: object) -> str:
    """Return a value as it may be told to a person, not too long."""
    try:
        return _shown(value)
    except RecursionError:
        return "tables or arrays deep in each other"


def _shown(value: object) -> str:
    text = str(value)
    if isinstance(value, str):
        # as TOML has it, so that a terminal does nothing with it
        text = "".join(each if each.isprintable() else f"\\u{ord(each):04X}" for each in value)
        text = f'"{text}"'
    if isinstance(value, bool):
        text = text.lower()
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(map(_shown, value))}]"
    return text if len(text) <= 60 else text[:57] + "..."


def _check(allowed: Allowed) -> Callable[[Any, Any], Value]:
    def check(value: Any, _: Any) -> Value:
        if not allowed.test(value):
            raise _Wrong(f"found {shown(value)}; allowed: {allowed.words}")
        return allowed.convert(value)

    return check


def _problems(error: BaseException, path: str) -> list[str]:
    """Turn cattrs' tree of errors into lines, with keys as they are spelled in TOML."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, rest = error.group_exceptions()
        found = []
        for inner, note in noted:
            # cattrs counts from 0; a person counts the [[tables]] from 1.
            step = (
                f".{note.name}" if isinstance(note, AttributeValidationNote) else f"[{int(note.index) + 1}]"
            )
            found += _problems(inner, f"{path}{step}".lstrip("."))
        return found + [line for inner in rest for line in _problems(inner, path)]
    if isinstance(error, ForbiddenExtraKeysError):
        known = [a.name for a in attrs.fields(error.cl)]
        return [_unknown(key, path, known) for key in sorted(error.extra_fields)]
    if isinstance(error, KeyError):
        return [f"{path}.{error.args[0]}: is missing, and has no default".lstrip(".")]
    return [f"{path}: {error}" if path else str(error)]


def _unknown(key: str, path: str, known: list[str]) -> str:
    full = f"{path}.{key}".lstrip(".")
    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{full}: no such setting; {hint}allowed here: {', '.join(known)}"
