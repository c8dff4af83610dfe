"""Study and run folder -> an opened run: everything the steps share.

Loads what is cheap (local data, the benchmark's problems, names and hashes of bases) and no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiyas.config import ArmSettings, CodeStudy, Study
from kiyas.data import SourceSize, describe_source, load_benchmark, load_examples
from kiyas.errors import DataError, ExecutionError
from kiyas.execution import Executor, LocalExecutor, Progress
from kiyas.models import BaseSource, locate_base
from kiyas.paths import expand_home
from kiyas.records import Benchmark
from kiyas.run_folder import Inputs, RunFolder, Step, StepState, hash_values
from kiyas.steps.jobs import Jobs, list_jobs


@dataclass(frozen=True)
class Run:
    """What every step of a run needs."""

    study: CodeStudy
    """The study, every default filled in."""
    folder: RunFolder
    """Where its results are."""
    study_dir: Path
    """Folder of the study file, where relative paths begin."""
    progress: Progress
    """What the person at the keyboard is told."""
    benchmark: Benchmark
    """The problems."""
    bases: Mapping[str, BaseSource]
    """Base models on disk, by name in the study."""
    jobs: Jobs
    """Trials and checkpoints."""
    executor: Executor = field(default_factory=LocalExecutor)
    """Where independent jobs run."""
    proven: set[str] = field(default_factory=set, compare=False)
    """What this process has tried for the run and found to work, so that it is not tried again."""

    @property
    def materials(self) -> Mapping[str, Any]:
        """Return what besides the bases the run is made of, for its provenance."""
        benchmark = self.benchmark
        return {"benchmark": {"name": benchmark.name, "sha256": benchmark.sha256}}

    def base_of(self, arm: ArmSettings) -> BaseSource:
        """Return the base model of an arm."""
        return self.bases[self.study.base_of(arm)]


def open_run(
    study: CodeStudy,
    folder: RunFolder,
    study_dir: Path,
    progress: Progress,
    executor: Executor | None = None,
) -> Run:
    """Open a run: find bases, problems and row counts, and list the jobs.

    Raises:
        KiyasError: A base, a data source or the benchmark is not to be had.
    """
    names = dict.fromkeys(study.base_of(arm) for arm in study.arms)
    return Run(
        study=study,
        folder=folder,
        study_dir=study_dir,
        progress=progress,
        benchmark=load_study_benchmark(study, study_dir),
        bases={name: locate_base(name, say=progress.say) for name in names},
        jobs=list_jobs(study, count_rows(study, measure_sources(study, study_dir), study_dir)),
        executor=executor or LocalExecutor(),
    )


def load_study_benchmark(study: CodeStudy, study_dir: Path) -> Benchmark:
    """Load the benchmark that a study names."""
    wanted = study.benchmark
    path = None
    if wanted.path is not None:
        path = study_dir / expand_home(wanted.path, kind=DataError)
    return load_benchmark(wanted.name, limit=wanted.limit, path=path)


def measure_sources(study: CodeStudy, study_dir: Path) -> dict[str, SourceSize | None]:
    """Return how much the source of each arm that trains holds; None for a Hub data set.

    Many arms of a large study share a source: each is read once.
    """
    read: dict[str, SourceSize | None] = {}
    sizes = {}
    for arm in study.arms:
        if arm.data is None:
            continue
        columns = arm.data.columns.model_dump()
        split = arm.data.split
        key = repr((arm.data.source, columns, split))
        if key not in read:
            read[key] = describe_source(
                arm.data.source, columns=columns, split=split, base_dir=study_dir
            )
        sizes[arm.name] = read[key]
    return sizes


def count_rows(
    study: CodeStudy, sizes: Mapping[str, SourceSize | None], study_dir: Path
) -> dict[str, int]:
    """Return the training rows of each arm that trains.

    A Hub data set is loaded only if the length of training depends on its rows and the study does
    not say how many there are.

    Args:
        study: The study.
        sizes: What ``measure_sources`` found, by arm.
        study_dir: Folder of the study file, where relative paths begin.
    """
    counts = {}
    for arm in study.arms:
        if arm.data is None:
            continue
        columns, size = arm.data.columns.model_dump(), sizes[arm.name]
        if size is not None:
            counts[arm.name] = size.num_rows
        elif arm.data.num_rows is not None or study.train_of(arm).max_steps is not None:
            counts[arm.name] = arm.data.num_rows or 1  # max_steps alone says how long to train
        else:
            loaded = load_examples(
                arm.data.source, columns=columns, split=arm.data.split, base_dir=study_dir
            )
            counts[arm.name] = len(loaded.examples)
    return counts


def hash_study(study: Study) -> str:
    """Return what tells a study from others, however it is executed."""
    return hash_values(study.model_dump(mode="json", exclude={"execution"}))


def ensure(
    step: Step, inputs: Inputs, title: str, progress: Progress, work: Callable[[], Inputs]
) -> bool:
    """Do a step's work unless it is done already with the same inputs.

    Args:
        step: The step.
        inputs: What it depends on.
        title: What to call it in messages.
        progress: Where to say why work is done again.
        work: Does the work and returns what later steps need to know.

    Returns:
        Whether work was done.
    """
    state = step.begin(inputs)
    if state.status == "complete":
        return False
    tell_state(state, title, progress)
    with step.timed():
        outputs = work()
    step.finish(inputs, outputs)
    return True


def is_waiting(step: Step, inputs: Inputs) -> bool:
    """Return whether a step's work is not done with these inputs."""
    return step.state(inputs).status != "complete"


def check_same(given: Inputs, here: Inputs, title: str) -> None:
    """Refuse work whose inputs look other here than where it was given out.

    Raises:
        ExecutionError: This machine sees other data or another base.
    """
    keys = [key for key in {**given, **here} if given.get(key) != here.get(key)]
    if keys:
        raise ExecutionError(
            f"a node sees other inputs than the machine that gave out the work: {keys[0]}",
            where=title,
            received=here.get(keys[0]),
            expected=str(given.get(keys[0])),
            next_step="let all nodes see the same files, with the same version of kiyas",
        )


def tell_state(state: StepState, title: str, progress: Progress) -> None:
    """Say what a step found on disk, if it is more than nothing."""
    if state.status in ("changed", "damaged"):
        changes = "; ".join(str(change) for change in state.changes)
        progress.say(f"{title}: done again, because {changes}")
    elif state.status == "partial":
        progress.say(f"{title}: goes on where it stopped")


def flatten(prefix: str, settings: Mapping[str, Any], without: tuple[str, ...] = ()) -> Inputs:
    """Return a section's settings as inputs, named as ``--set`` names them."""
    return {f"{prefix}.{key}": value for key, value in settings.items() if key not in without}
