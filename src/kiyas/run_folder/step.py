"""Inputs of a resumable piece of work <-> ``step.json``: what is on disk, and is it still right?

Every step's folder holds ``step.json``: its inputs by key, whether it is complete and, where its
work is timed, the wall seconds. A step whose inputs are unchanged is read back; one that is
incomplete goes on; one whose inputs changed is moved aside and done again, and the keys that
changed are told. Knows no stage: what a step's inputs are is said by the flow.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from kiyas.run_folder.files import read_json, write_json, writing

Inputs = Mapping[str, Any]
"""What a step depends on: plain values by key; two steps with equal inputs are the same step."""

STEP_FILE = "step.json"
"""Says what a step was made from and whether it is complete."""


@dataclass(frozen=True)
class Change:
    """One input of a step that is not what it was."""

    key: str
    """Name of the input, a key of the study file where it is one."""
    before: Any
    """Value when the step was done; None if the key is new."""
    after: Any
    """Value now; None if the key is gone."""

    def __str__(self) -> str:
        return f"{self.key}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class StepState:
    """What is on disk for a step."""

    status: Literal["absent", "partial", "complete", "changed"]
    """``partial`` and ``complete`` have the same inputs as now; ``changed`` has others."""
    changes: tuple[Change, ...] = ()
    """The inputs that differ, if the status is ``changed``."""


class Step:
    """A resumable piece of work in a folder of its own."""

    def __init__(self, path: Path, superseded: Path) -> None:
        self.path = path
        self._superseded = superseded

    def state(self, inputs: Inputs) -> StepState:
        """Compare what is on disk with the inputs of now."""
        recorded = self._recorded()
        if recorded is None:
            return StepState("absent")
        before, after = recorded["inputs"], _plain(inputs)
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        if keys:
            changes = tuple(Change(key, before.get(key), after.get(key)) for key in sorted(keys))
            return StepState("changed", changes)
        return StepState("complete" if recorded["complete"] else "partial")

    def begin(self, inputs: Inputs) -> StepState:
        """Prepare the folder for work and return what was there before.

        Work that was done with other inputs is moved to ``superseded/``, never deleted.
        """
        state = self.state(inputs)
        if state.status == "changed" or (state.status == "absent" and self.path.exists()):
            self._move_aside()
        if state.status in ("changed", "absent"):
            self._record(inputs, complete=False, outputs={})
        return state

    def finish(self, inputs: Inputs, outputs: Inputs | None = None) -> None:
        """Mark the step complete, with what it gives to later steps."""
        self._record(inputs, complete=True, outputs=outputs or {})

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Add the wall seconds of some of the step's work to its record, also if it fails."""
        started = time.monotonic()
        try:
            yield
        finally:
            spent = (self.seconds or 0) + time.monotonic() - started
            recorded = self._recorded()
            if recorded is not None:
                write_json(self.path / STEP_FILE, {**recorded, "seconds": round(spent, 3)})

    @property
    def seconds(self) -> float | None:
        """Return the wall seconds of work on the step; None if they were not recorded."""
        recorded = self._recorded() or {}
        return recorded.get("seconds")

    @property
    def is_complete(self) -> bool:
        """Return whether the work was brought to its end, whatever its inputs were."""
        recorded = self._recorded()
        return bool(recorded and recorded["complete"])

    def outputs(self) -> dict[str, Any]:
        """Return what a complete step gives to later steps; empty if it is not complete."""
        recorded = self._recorded()
        return dict(recorded["outputs"]) if recorded and recorded["complete"] else {}

    def _recorded(self) -> dict[str, Any] | None:
        file = self.path / STEP_FILE
        if not file.exists():
            return None
        recorded = read_json(file)
        return recorded if {"inputs", "complete", "outputs"} <= recorded.keys() else None

    def _record(self, inputs: Inputs, *, complete: bool, outputs: Inputs) -> None:
        earlier = self._recorded() or {}
        kept = {"seconds": earlier["seconds"]} if "seconds" in earlier else {}
        record = {"complete": complete, "inputs": _plain(inputs), "outputs": _plain(outputs)}
        write_json(self.path / STEP_FILE, {**record, **kept})

    def _move_aside(self) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self._superseded / stamp / self.path.name
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.path, target)


def _plain(inputs: Inputs) -> dict[str, Any]:
    """Return the inputs as they look after a round trip through JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(inputs), sort_keys=True))
    return plain
