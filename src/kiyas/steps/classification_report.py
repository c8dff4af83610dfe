"""Scores of a classification run -> findings.json and the report."""

from __future__ import annotations

from dataclasses import asdict

import kiyas
from kiyas.analysis.classification import ClassificationSetting, analyse_classification
from kiyas.errors import RunFolderError
from kiyas.languages import spoken
from kiyas.records.classification import ClassificationFindings, ClassifierResult
from kiyas.records.latency import LatencyReport
from kiyas.run_folder import Inputs, hash_file, read_json, write_json
from kiyas.scoring.classification import METRIC_ORDER
from kiyas.steps.classification_costs import sum_up_classification_costs
from kiyas.steps.classification_files import (
    read_epochs,
    read_predictions,
    read_scores,
    read_trained,
)
from kiyas.steps.classification_latency import read_latency
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial
from kiyas.steps.classification_search import read_points
from kiyas.steps.classification_trials import tested_trials, weights_of
from kiyas.steps.run import ensure, hash_study
from kiyas.steps.setup import describe_classification_setup


def write_classifier_report(run: ClassificationRun) -> list[str]:
    """Write findings and report unless they are up to date; return what was worked on."""
    latency = read_latency(run)
    inputs = _inputs(run, latency)
    worked = ensure(
        run.folder.reporting, inputs, "report", run.progress, lambda: _write(run, latency)
    )
    return ["report"] if worked else []


def rewrite_classifier_report(run: ClassificationRun) -> None:
    """Write findings and report again, whether or not they are up to date.

    Raises:
        RunFolderError: A trial is not trained or not scored yet.
    """
    latency = read_latency(run)
    inputs = _inputs(run, latency)
    run.folder.reporting.begin(inputs)
    run.folder.reporting.finish(inputs, _write(run, latency))


def _inputs(run: ClassificationRun, latency: LatencyReport | None) -> Inputs:
    return {
        "kiyas": kiyas.__version__,
        "language": spoken(),
        "study": hash_study(run.study),
        "confidence": run.study.confidence,
        "class_names": [*run.tables.classes.names, *run.tables.classes.turkish],
        "latency": None if latency is None else asdict(latency),
        "power_w": run.study.execution.power_w,
        "search": [[point.trial, point.is_chosen] for point in read_points(run)],
        "data": dict(run.tables.sha256),
        **{job.trial.name: _scored(run, job) for job in tested_trials(run)},
    }


def _scored(run: ClassificationRun, job: ClassifierTrial) -> list[str]:
    """Return what tells a trial and its scores from others.

    Raises:
        RunFolderError: They are not there, or are not what was written.
    """
    run.folder.predicted(job.trial).check_files()
    scored = run.folder.scored(job.trial)
    if not scored.outputs():
        raise RunFolderError(
            "the run is not finished",
            where=str(run.folder.path),
            received=f"{job.trial.name} is not scored",
            next_step="finish it with `kiyas run` first",
        )
    return [weights_of(run, job), hash_file(scored.scores)]


def _write(run: ClassificationRun, latency: LatencyReport | None) -> Inputs:
    from kiyas.report import Origin, write_classification_report

    findings = _analyse(run, latency)
    write_json(run.folder.findings, findings)
    write_classification_report(
        findings,
        run.test.texts,
        Origin(read_json(run.folder.provenance), describe_classification_setup(run)),
        run.folder.report,
        language=spoken(),
    )
    return {"trials": len(findings.results)}


def _analyse(run: ClassificationRun, latency: LatencyReport | None) -> ClassificationFindings:
    train, validation = run.fitting
    setting = ClassificationSetting(
        study=run.study.name,
        class_names=run.tables.classes.names,
        class_names_tr=run.tables.classes.turkish,
        num_rows=(len(train.texts), len(validation.texts), len(run.test.texts)),
        num_seeds=len(run.study.seeds),
        metric_order=METRIC_ORDER,
        confidence=run.study.confidence,
    )
    results = [_result(run, job) for job in tested_trials(run)]
    points = read_points(run)
    costs = sum_up_classification_costs(run, results, points)
    return analyse_classification(setting, results, points, latency, costs)


def _result(run: ClassificationRun, job: ClassifierTrial) -> ClassifierResult:
    labels, probabilities = read_predictions(run.folder.predicted(job.trial).predictions)
    folder = run.folder.trial(job.trial)
    is_baseline = job.arm is None
    return ClassifierResult(
        arm=job.trial.arm,
        seed=None if is_baseline else job.trial.seed,
        trial=job.trial.name,
        is_baseline=is_baseline,
        labels=labels,
        predictions=tuple(int(label) for label in probabilities.argmax(axis=1)),
        probabilities=tuple(tuple(row) for row in probabilities.tolist()),
        scores=read_scores(run.folder.scored(job.trial)),
        trained=read_trained(folder),
        history=read_epochs(folder),
        settings=dict(job.values),
    )
