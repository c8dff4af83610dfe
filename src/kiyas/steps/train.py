"""Trials -> adapters on disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kiyas.config import ArmSettings
from kiyas.data import ExampleSet, load_examples, source_kind
from kiyas.errors import DataError
from kiyas.execution import Job
from kiyas.models import RENDERING_VERSION
from kiyas.run_folder import Inputs, read_json
from kiyas.steps.jobs import TrialJob
from kiyas.steps.preflight import check_ahead
from kiyas.steps.run import Run, check_same, ensure, flatten, is_waiting
from kiyas.steps.tracking import tracked

if TYPE_CHECKING:
    from kiyas.training.history import HistoryRow


@dataclass(frozen=True)
class TrainTask:
    """A trial to train, by name."""

    trial: str
    """Its name."""
    inputs: Inputs
    """What it depends on, as the machine that gives it out sees it."""


def train_trials(run: Run) -> list[str]:
    """Train every trial that is not trained yet; return the titles of what was worked on."""
    jobs = []
    for job in run.jobs.trials:
        step, inputs = run.folder.trial(job.trial), _inputs(run, job)
        _refuse_changed_data(run, job, inputs)
        if is_waiting(step, inputs):
            task = TrainTask(job.trial.name, inputs)
            jobs.append(Job(_title(task), task, writes=(run.folder.relative(step),)))
    if jobs:
        check_ahead(run, trains=True)
    return run.executor.map(run, train_task, jobs)


def train_task(run: Run, task: TrainTask) -> list[str]:
    """Train one trial, or what is missing of it; return the title of what was worked on."""
    [job] = [job for job in run.jobs.trials if job.trial.name == task.trial]
    inputs = _inputs(run, job)
    check_same(task.inputs, inputs, _title(task))
    step, work = run.folder.trial(job.trial), partial(_train, run, job)
    return [_title(task)] if ensure(step, inputs, _title(task), run.progress, work) else []


def _title(task: TrainTask) -> str:
    return f"training {task.trial}"


def _inputs(run: Run, job: TrialJob) -> Inputs:
    study, arm = run.study, job.arm
    return {
        "base": run.base_of(arm).fingerprint,
        "data": identify_data(run, arm),
        "protocol": study.protocol,
        "rendering": RENDERING_VERSION,
        "seed": job.trial.seed,
        **flatten("lora", study.lora_of(arm).model_dump()),
        # The update is the same however many processes share it and wherever tensors are kept.
        **flatten(
            "train",
            study.train_of(arm).model_dump(),
            ("num_processes", "shard_base", "activation_offload"),
        ),
    }


def _refuse_changed_data(run: Run, job: TrialJob, inputs: Inputs) -> None:
    """Refuse to throw a half-trained trial away because its data, and nothing else, changed."""
    folder = run.folder.trial(job.trial)
    changes = folder.state(inputs).changes
    begun = not folder.outputs() and any(folder.resume.glob("step-*"))
    if not begun or [change.key for change in changes] != ["data"]:
        return
    assert job.arm.data is not None  # only arms with data become trials
    rows = len(load_arm(run, job.arm).examples)
    before = read_json(folder.data)["num_rows"] if folder.data.exists() else None
    raise DataError(
        f"the training data changed while {job.trial.name} was half trained",
        where=job.arm.data.source,
        received=f"{rows} rows of hash {changes[0].after[:12]}",
        expected=f"{'the' if before is None else before} rows of hash {changes[0].before[:12]}",
        next_step=f"put the file back, or move {folder.path} away to train the trial anew",
    )


def load_arm(run: Run, arm: ArmSettings) -> ExampleSet:
    """Load the examples of an arm."""
    data = arm.data
    assert data is not None  # only arms with data become trials
    columns = data.columns.model_dump()
    return load_examples(data.source, columns=columns, split=data.split, base_dir=run.study_dir)


def identify_data(run: Run, arm: ArmSettings) -> str:
    """Return a hash of local rows; a Hub data set counts as unchanged while its name is."""
    data = arm.data
    assert data is not None  # only arms with data become trials
    if source_kind(data.source, run.study_dir) == "hub":
        return f"hub:{data.source}@{data.split or 'train'}:{data.columns.model_dump()}"
    columns = data.columns.model_dump()
    return load_examples(data.source, columns=columns, base_dir=run.study_dir).sha256


def _train(run: Run, job: TrialJob) -> Inputs:
    from kiyas.models import load_base
    from kiyas.training import CausalJob, train_in_processes, train_trial

    study, data = run.study, job.arm.data
    assert data is not None  # only arms with data become trials
    loaded = load_arm(run, job.arm)
    if data.num_rows is not None and data.num_rows != len(loaded.examples):
        run.progress.say(
            f"{data.source} has {len(loaded.examples)} rows; the study says {data.num_rows}"
        )
    source, train = run.base_of(job.arm), study.train_of(job.arm)
    folder, say = run.folder.trial(job.trial), run.progress.say
    wanted = CausalJob(
        job.trial, loaded.examples, study.lora_of(job.arm), train, study.protocol, folder
    )
    with tracked(study, job.trial, _inputs(run, job), folder.path, run.progress) as track:

        def on_step(row: HistoryRow) -> None:
            track(row.step, row.epoch, row.figures)

        if train.num_processes > 1:
            summary = train_in_processes(wanted, source, progress=run.progress, on_step=on_step)
        else:
            base = load_base(source, dtype=train.dtype, quantization=train.quantization, say=say)
            summary = train_trial(wanted, base, progress=run.progress, on_step=on_step)
    return {"adapters": {str(item.step): item.sha256 for item in summary.checkpoints}}
