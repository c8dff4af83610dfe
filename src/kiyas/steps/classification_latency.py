"""Trained classifiers -> how long each takes, side by side, on disk."""

from __future__ import annotations

from pydantic import TypeAdapter

from kiyas.execution import Job
from kiyas.records.latency import LatencyReport
from kiyas.run_folder import Inputs, read_json, write_json
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial
from kiyas.steps.classification_score import load_trial
from kiyas.steps.classification_trials import tested_trials, weights_of
from kiyas.steps.run import ensure, flatten, is_waiting


def time_classifiers(run: ClassificationRun) -> list[str]:
    """Time one trial of each arm, all in one go, unless it is done; return what was worked on."""
    settings = run.study.latency
    trials = _one_an_arm(run)
    if not settings.enabled or not trials or not is_waiting(run.folder.timing, _inputs(run)):
        return []
    reads = tuple(run.folder.relative(run.folder.trial(job.trial)) for job in trials.values())
    writes = (run.folder.relative(run.folder.timing),)
    return run.executor.map(run, latency_task, [Job("latency", None, reads, writes)])


def latency_task(run: ClassificationRun, _: None) -> list[str]:
    """Time all arms on this machine, side by side."""

    def work() -> Inputs:
        from kiyas.prediction.latency import measure_latency

        predictors = {arm: load_trial(run, job) for arm, job in _one_an_arm(run).items()}
        report = measure_latency(
            predictors, run.test.texts, run.study.latency, run.progress, run.study.confidence
        )
        write_json(run.folder.latency, report)
        return {"device": report.device}

    worked = ensure(run.folder.timing, _inputs(run), "latency", run.progress, work)
    return ["latency"] if worked else []


def _inputs(run: ClassificationRun) -> Inputs:
    return {
        "data.test": run.tables.sha256["test"],
        "predict.dtype": run.study.predict.dtype,
        **flatten("latency", run.study.latency.model_dump()),
        **{arm: weights_of(run, job) for arm, job in _one_an_arm(run).items()},
    }


def read_latency(run: ClassificationRun) -> LatencyReport | None:
    """Return what timing found; None where the study asks for none or it is not done."""
    if not run.study.latency.enabled or not run.folder.timing.outputs():
        return None
    return TypeAdapter(LatencyReport).validate_python(read_json(run.folder.latency))


def _one_an_arm(run: ClassificationRun) -> dict[str, ClassifierTrial]:
    first: dict[str, ClassifierTrial] = {}
    for job in tested_trials(run):
        first.setdefault(job.trial.arm, job)
    return first
