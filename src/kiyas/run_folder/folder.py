"""The run folder: what its files are called, content keys of its steps, the lock.

This module and ``classification`` alone know what a file of a run is called. They know no stage:
what a step's inputs are is said by the flow. ``holder`` guards a folder that machines
share, ``mirror`` copies finished steps to an address.

Layout::

    runs/NAME/
      study.yaml  provenance.json  findings.json  .study.json  .unfinished.json
      trials/TRIAL/       step.json  data.json  memory.json  history.csv
                          checkpoints/step-N/  resume/
      predictions/CHECKPOINT/PROTOCOL/     step.json  samples.jsonl
      scores/CHECKPOINT/PROTOCOL/          step.json  scores.jsonl  traces.jsonl
      audit/CHECKPOINT/PROTOCOL/           step.json  scores_by_rule.jsonl
      likelihoods/CHECKPOINT/PROTOCOL/     step.json  likelihoods.jsonl
      contamination/ARM/  step.json  overlaps.json
      report/             index.html  report.md  tables/  figures/
      superseded/         what an edited study no longer uses, moved here, never deleted

Every step's folder holds ``step.json``, which ``step`` reads and writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kiyas.errors import RunFolderError
from kiyas.records import Checkpoint, Protocol, Trial
from kiyas.run_folder.files import read_json, write_json, writing
from kiyas.run_folder.lock import locked
from kiyas.run_folder.step import Inputs, Step, StepState


class TrialFolder(Step):
    """The folder of one trial: history, checkpoints and the state to resume from."""

    def state(self, inputs: Inputs) -> StepState:
        """Compare what is on disk with the inputs of now; a finished training is not lost unasked.

        Raises:
            RunFolderError: Inputs are those of now, and a file is not what the training wrote.
        """
        state = super().state(inputs)
        if state.status == "damaged":
            self.check_files()
        return state

    @property
    def history(self) -> Path:
        """Return the path of ``history.csv``."""
        return self.path / "history.csv"

    @property
    def data(self) -> Path:
        """Return the path of ``data.json``: what was trained on, cut and left out."""
        return self.path / "data.json"

    @property
    def memory(self) -> Path:
        """Return the path of ``memory.json``: what training needed, and what gave way."""
        return self.path / "memory.json"

    @property
    def resume(self) -> Path:
        """Return the folder of optimiser and random states; not part of the interface."""
        return self.path / "resume"

    def checkpoint(self, step: int) -> Path:
        """Return the folder of the adapter at a step, in PEFT format."""
        return self.path / "checkpoints" / f"step-{step}"


class RunFolder:
    """One study's run folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def study(self) -> Path:
        """Return the path of the study as run, every default filled in."""
        return self.path / "study.yaml"

    @property
    def provenance(self) -> Path:
        """Return the path of versions, hashes, machine and command."""
        return self.path / "provenance.json"

    @property
    def findings(self) -> Path:
        """Return the path of every number of the report."""
        return self.path / "findings.json"

    @property
    def report(self) -> Path:
        """Return the report's folder."""
        return self.path / "report"

    def trial(self, trial: Trial) -> TrialFolder:
        """Return the folder of a trial."""
        files = ("data.json", "memory.json", "history.csv")
        return TrialFolder(self.path / "trials" / trial.name, self._superseded, files)

    def predictions(self, checkpoint: Checkpoint, protocol: Protocol) -> Step:
        """Return the step that holds a checkpoint's ``samples.jsonl``."""
        return self._step("predictions", checkpoint, protocol, "samples.jsonl", "prompts.json")

    def samples(self, checkpoint: Checkpoint, protocol: Protocol) -> Path:
        """Return the path of a checkpoint's completions, one line each."""
        return self.predictions(checkpoint, protocol).path / "samples.jsonl"

    def prompts(self, base: Checkpoint, protocol: Protocol) -> Path:
        """Return the path of the prompts as sent to a base and all that grew from it."""
        return self.predictions(base, protocol).path / "prompts.json"

    def determinism(self, base: Checkpoint, protocol: Protocol) -> Path:
        """Return the path of the probe of decoding: prompts of a base, alone and in a batch."""
        return self.predictions(base, protocol).path / "determinism.json"

    def judgement(self, checkpoint: Checkpoint, protocol: Protocol) -> Step:
        """Return the step that holds a checkpoint's ``scores.jsonl``."""
        return self._step("scores", checkpoint, protocol, "scores.jsonl", "traces.jsonl")

    def scores(self, checkpoint: Checkpoint, protocol: Protocol) -> Path:
        """Return the path of a checkpoint's verdicts, one line each."""
        return self.judgement(checkpoint, protocol).path / "scores.jsonl"

    def traces(self, checkpoint: Checkpoint, protocol: Protocol) -> Path:
        """Return the path of what was measured in a checkpoint's completions, one line each."""
        return self.judgement(checkpoint, protocol).path / "traces.jsonl"

    def rereading(self, checkpoint: Checkpoint, protocol: Protocol) -> Step:
        """Return the step that holds a checkpoint's verdicts under the other extraction rules."""
        return self._step("audit", checkpoint, protocol, "scores_by_rule.jsonl")

    def scores_by_rule(self, checkpoint: Checkpoint, protocol: Protocol) -> Path:
        """Return the path of a checkpoint's verdicts under the other rules, one line each."""
        return self.rereading(checkpoint, protocol).path / "scores_by_rule.jsonl"

    def rating(self, checkpoint: Checkpoint, protocol: Protocol) -> Step:
        """Return the step that holds how likely a checkpoint finds the reference solutions."""
        return self._step("likelihoods", checkpoint, protocol, "likelihoods.jsonl")

    def likelihoods(self, checkpoint: Checkpoint, protocol: Protocol) -> Path:
        """Return the path of a checkpoint's likelihoods of the solutions, one line each."""
        return self.rating(checkpoint, protocol).path / "likelihoods.jsonl"

    def contamination(self, arm: str) -> Step:
        """Return the step that holds what an arm's training set shares with the benchmark."""
        return Step(self.path / "contamination" / arm, self._superseded, ("overlaps.json",))

    def overlaps(self, arm: str) -> Path:
        """Return the path of what an arm's training set shares with the benchmark."""
        return self.contamination(arm).path / "overlaps.json"

    @property
    def reporting(self) -> Step:
        """Return the step that writes the report."""
        files = ("index.html", "report.md", "../findings.json")
        return Step(self.report, self._superseded, files)

    @property
    def is_unfinished(self) -> bool:
        """Return whether work was begun and not brought to its end: findings are of before it."""
        return self._unfinished.exists()

    @contextmanager
    def unfinished(self) -> Iterator[None]:
        """Mark the folder as unfinished, and take that back only if the work comes to its end."""
        write_json(self._unfinished, {"since": datetime.now(UTC).isoformat(timespec="seconds")})
        yield
        with writing(self._unfinished):
            self._unfinished.unlink()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder; a second run on it is refused, from this machine or another.

        Raises:
            RunFolderError: Another process holds the folder, or has come to hold it meanwhile; says
                which and since when. Or the folder cannot be written.
        """
        lock, record = self.path / ".lock", self.path / ".held-by.json"
        with locked(self.path, lock, record, option="--run-folder"):
            yield

    def claim(self, study_name: str) -> None:
        """Mark the folder as this study's; refuse one of another study or with other things in it.

        Raises:
            RunFolderError: The folder is not this study's.
        """
        if self._is_empty():
            write_json(self._mark, {"study": study_name})
            return
        owner = self._owner()
        if owner is None:
            raise RunFolderError(
                "the folder is not empty and is no run folder",
                where=str(self.path),
                next_step="name an empty or new folder with --run-folder",
            )
        if owner != study_name:
            raise RunFolderError(
                "the run folder belongs to another study",
                where=str(self.path),
                received=f"study {owner}",
                expected=f"study {study_name}",
                next_step="name another folder with --run-folder, or rename the study",
            )

    def step_at(self, path: Path) -> Step:
        """Return the step of a folder that was found by looking."""
        return Step(path, self._superseded)

    def relative(self, step: Step) -> str:
        """Return where a step's folder is in the run folder, with ``/`` on every system."""
        return step.path.relative_to(self.path).as_posix()

    def _is_empty(self) -> bool:
        """Return whether nothing is there but hidden files: locks, the mark, what a kill left."""
        return not self.path.exists() or all(
            item.name.startswith(".") for item in self.path.iterdir()
        )

    def _owner(self) -> str | None:
        """Return the study that the folder belongs to; None if it is no run folder."""
        for path in (self.provenance, self._mark):
            if path.exists():
                study: str | None = read_json(path).get("study")
                return study
        return None

    @property
    def _mark(self) -> Path:
        """Return the path of whose folder it is: a run that fails early leaves no provenance."""
        return self.path / ".study.json"

    @property
    def _unfinished(self) -> Path:
        return self.path / ".unfinished.json"

    def _step(self, stage: str, checkpoint: Checkpoint, protocol: Protocol, *files: str) -> Step:
        return Step(self.path / stage / checkpoint.label / protocol, self._superseded, files)

    @property
    def _superseded(self) -> Path:
        return self.path / "superseded"
