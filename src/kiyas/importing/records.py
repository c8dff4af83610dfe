"""What an import found: keys that map, keys that do not, and the study made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kiyas.errors import KiyasError, StudyError

Tool = Literal["LLaMA-Factory", "Axolotl"]


@dataclass(frozen=True)
class Mapped:
    """A key that has a counterpart."""

    key: str
    """Key of the foreign file; ``(default)`` behind it where the file leaves it to the tool."""
    value: Any
    """Its value there."""
    to: str
    """Key of the study."""
    to_value: Any
    """Its value in the study."""


@dataclass(frozen=True)
class LeftOut:
    """A key that has none."""

    key: str
    """Key of the foreign file."""
    value: Any
    """Its value there."""
    why: str
    """What kiyas does instead, or what a person must decide."""
    matters: bool
    """Whether leaving it out can change the trained weights."""


@dataclass(frozen=True)
class Imported:
    """A foreign file, read."""

    tool: Tool
    """Whose file it is."""
    study: Mapping[str, Any]
    """The study as plain values."""
    mapped: tuple[Mapped, ...]
    """Keys with a counterpart, in the order of the study."""
    left_out: tuple[LeftOut, ...]
    """Keys without one, those that matter first."""


@dataclass
class Draft:
    """A study while it is being made; each foreign key is taken once."""

    tool: Tool
    keys: dict[str, Any]
    """What is left of the foreign file."""
    file: Path
    """The foreign file, for its faults."""
    study: dict[str, Any] = field(default_factory=dict)
    mapped: list[Mapped] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    faults: list[KiyasError] = field(default_factory=list)
    """Values of the foreign file that nothing can be made of."""

    def pop(self, key: str) -> Any:
        """Take a key out of the foreign file; None if it is absent or empty."""
        return self.keys.pop(key, None)

    def put(self, key: str, value: Any, to: str, to_value: Any) -> None:
        """Set a key of the study, dotted, and note where it came from."""
        section, _, name = to.rpartition(".")
        (self.study.setdefault(section, {}) if section else self.study)[name] = to_value
        self.note(key, value, to, to_value)

    def note(self, key: str, value: Any, to: str, to_value: Any) -> None:
        """Note where a part of the study came from that was set otherwise."""
        self.mapped.append(Mapped(key, value, to, to_value))

    def carry(self, key: str, to: str, default: Any) -> Any:
        """Map a key as it is, or the tool's default where the file does not give it."""
        value = self.pop(key)
        if value is None:
            key, value = f"{key} (default)", default
        if value is not None:
            self.put(key, value, to, value)
        return value

    def number(self, key: str) -> float | int | None:
        """Take a number out of the foreign file; None if it is absent, empty or no number.

        ``1e-4`` and ``"200"`` are numbers: YAML 1.1 reads the first as text for want of a point.
        """
        value = self.pop(key)
        number = _as_number(value)
        if number is None and value is not None:
            self._refuse(key, value, "a number")
        return number

    def whole(self, key: str) -> int | None:
        """Take a whole number out of the foreign file, as ``number`` does; ``1e3`` is one."""
        value = self.pop(key)
        number = as_whole(value)
        if number is None and value is not None:
            self._refuse(key, value, "a whole number")
        return number

    def carry_number(
        self, key: str, to: str, default: float, *, is_whole: bool = False
    ) -> float | int:
        """Map a number, or the tool's default where the file does not give it."""
        number = self.whole(key) if is_whole else self.number(key)
        if number is None:
            key, number = f"{key} (default)", default
        self.put(key, number, to, number)
        return number

    def leave(self, key: str, why: str, *, matters: bool = True) -> None:
        """Take a key and note why it does not map; keys absent, empty or false say nothing."""
        value = self.pop(key)
        if value not in (None, False, "", [], {}):
            self.left_out.append(LeftOut(key, value, why, matters))

    def finish(self, harmless: Mapping[str, str], default_why: str) -> Imported:
        """Return what was made; whatever is left of the file is listed as left out.

        Raises:
            StudyError: Values of the file cannot be read; holds every one of them.
        """
        if self.faults:
            raise StudyError(
                f"{self.file}: a value cannot be read, so that no study is written",
                faults=self.faults,
                next_step="mend the file and import it again",
            )
        for key in list(self.keys):
            if key in harmless:
                self.leave(key, harmless[key], matters=False)
            else:
                self.leave(key, default_why)
        ordered = sorted(self.left_out, key=lambda item: not item.matters)
        return Imported(self.tool, self.study, tuple(self.mapped), tuple(ordered))

    def _refuse(self, key: str, value: Any, expected: str) -> None:
        self.faults.append(
            KiyasError(
                "the value cannot be read",
                where=f"{self.file}: {key}",
                received=repr(value),
                expected=expected,
            )
        )


def as_whole(value: Any) -> int | None:
    """Return a value as a whole number; None if it is none."""
    number = _as_number(value)
    return int(number) if number is not None and number == int(number) else None


def _as_number(value: Any) -> float | int | None:
    """Return a value as a number; None if it is none, or endless."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return value if isinstance(value, int) else number
