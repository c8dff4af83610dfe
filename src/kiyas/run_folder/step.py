"""Inputs of a resumable piece of work <-> ``step.json``: what is on disk, and is it still right?

Every step's folder holds ``step.json``: its inputs by key, whether it is complete, what its files
were then (``kept_files``) and, where its work is timed, the wall seconds. A step whose inputs are
unchanged is read back; one that is incomplete goes on; one whose inputs or files changed is moved
aside and done again, and what changed is told. Knows no stage: what a step's inputs are is said by
the flow.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from kiyas.errors import RunFolderError
from kiyas.run_folder.files import read_json, write_json, writing
from kiyas.run_folder.kept_files import Note, note_files, tell_file, unlike_files

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

    status: Literal["absent", "partial", "complete", "changed", "damaged"]
    """``changed`` has other inputs than now; ``damaged`` was complete, and its files are others."""
    changes: tuple[Change, ...] = ()
    """The inputs that differ, if the status is ``changed``; the files, if it is ``damaged``."""


class Step:
    """A resumable piece of work in a folder of its own.

    Args:
        path: The folder.
        superseded: Where work goes that is done again.
        files: Names of what it makes, from its folder; what is there of them when it is finished
            has to stay as it is.
    """

    def __init__(self, path: Path, superseded: Path, files: Sequence[str] = ()) -> None:
        self.path = path
        self._superseded, self._files = superseded, files

    def state(self, inputs: Inputs) -> StepState:
        """Compare what is on disk with the inputs of now, and with what was on disk at its end.

        What a storage has finished with these inputs is put in place first, if it was fetched
        beside unfinished work of other inputs.
        """
        self._take_fetched(_plain(inputs))
        recorded = self._recorded()
        if recorded is None:
            return StepState("absent")
        before, after = recorded["inputs"], _plain(inputs)
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        if keys:
            changes = tuple(Change(key, before.get(key), after.get(key)) for key in sorted(keys))
            return StepState("changed", changes)
        if not recorded["complete"]:
            return StepState("partial")
        kept = _files_at_end(recorded)
        damage = tuple(
            Change(name, tell_file(kept[name]), tell_file(found))
            for name, found in unlike_files(self.path, kept).items()
        )
        return StepState("damaged", damage) if damage else StepState("complete")

    def begin(self, inputs: Inputs) -> StepState:
        """Prepare the folder for work and return what was there before.

        Work that was done with other inputs, or is damaged, is moved to ``superseded/``, never
        deleted.
        """
        state = self.state(inputs)
        is_other = state.status in ("changed", "damaged")
        if is_other or (state.status == "absent" and not self.is_empty):
            self._move_aside()
        if is_other or state.status == "absent":
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
    def is_begun(self) -> bool:
        """Return whether there is a step here, of whatever inputs."""
        return (self.path / STEP_FILE).exists()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is here but what a kill left of a first ``step.json``."""
        if not self.path.is_dir():
            return not self.path.exists()
        return all(item.name.startswith(f".{STEP_FILE}.") for item in self.path.iterdir())

    @property
    def inputs(self) -> Inputs | None:
        """Return what the work here is made of; None if there is none."""
        recorded = self._recorded()
        return recorded["inputs"] if recorded else None

    @property
    def is_finished(self) -> bool:
        """Return whether the work was brought to its end and its files are still there as then."""
        return self.is_complete and not unlike_files(self.path, _files_at_end(self._recorded()))

    @property
    def is_complete(self) -> bool:
        """Return whether the work was brought to its end, whatever its inputs were."""
        recorded = self._recorded()
        return bool(recorded and recorded["complete"])

    def outputs(self) -> dict[str, Any]:
        """Return what a complete step gives to later steps; empty if it is not complete.

        Raises:
            RunFolderError: It is complete, and a file is not what it wrote.
        """
        recorded = self._recorded()
        if not (recorded and recorded["complete"]):
            return {}
        self._check_files(recorded)
        return dict(recorded["outputs"])

    def check_files(self) -> None:
        """Refuse a step that was finished and whose files are others now; for who only reads.

        Raises:
            RunFolderError: They are; says which, and what to do.
        """
        self._check_files(self._recorded())

    def _take_fetched(self, inputs: Inputs) -> None:
        fetched = Step(fetched_place(self.path, self._superseded), self._superseded)
        if fetched.inputs == inputs and self.inputs not in (None, inputs):
            self._move_aside()
            fetched.path.rename(self.path)

    def _recorded(self) -> dict[str, Any] | None:
        file = self.path / STEP_FILE
        if not file.exists():
            return None
        recorded = read_json(file)
        return recorded if {"inputs", "complete", "outputs"} <= recorded.keys() else None

    def _check_files(self, recorded: Mapping[str, Any] | None) -> None:
        kept = _files_at_end(recorded)
        for name, found in unlike_files(self.path, kept).items():
            raise RunFolderError(
                "the file is not what its finished step wrote",
                where=str(self.path / name),
                received=tell_file(found),
                expected=tell_file(kept[name]),
                next_step="restore the file, or move its folder away to have it made again",
            )

    def _record(self, inputs: Inputs, *, complete: bool, outputs: Inputs) -> None:
        earlier = self._recorded() or {}
        kept = {"seconds": earlier["seconds"]} if "seconds" in earlier else {}
        record = {"complete": complete, "inputs": _plain(inputs), "outputs": _plain(outputs)}
        if complete:
            kept["files"] = note_files(self.path, self._files)
        write_json(self.path / STEP_FILE, {**record, **kept})

    def _move_aside(self) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self._superseded / stamp / self.path.name
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.path, target)


def fetched_place(path: Path, superseded: Path) -> Path:
    """Return where a step is kept that was fetched beside unfinished work of other inputs.

    Args:
        path: The step's folder, beside or below what ``superseded`` is beside.
        superseded: Where work goes that is done again.
    """
    return superseded / "fetched" / path.relative_to(superseded.parent)


def _files_at_end(recorded: Mapping[str, Any] | None) -> dict[str, Note]:
    """Return what was noted of a finished step's files; older versions noted nothing."""
    return recorded.get("files", {}) if recorded and recorded["complete"] else {}


def _plain(inputs: Inputs) -> dict[str, Any]:
    """Return the inputs as they look after a round trip through JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(inputs), sort_keys=True))
    return plain
