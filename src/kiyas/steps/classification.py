"""Classification study -> findings: tables checked, arms searched, trained, tested and compared.

The same flow as a code study, with class probabilities in place of completions. Every step is read
back if its inputs have not changed.
"""

from __future__ import annotations

import io
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from ruamel.yaml import YAML

import kiyas
from kiyas.analysis.classification import ClassificationSetting, analyse_classification
from kiyas.classification_records import (
    ClassificationFindings,
    ClassifierResult,
    LatencyReport,
)
from kiyas.config.classification import ClassificationStudy
from kiyas.execution import Progress
from kiyas.run_folder import Inputs, RunFolder, read_json, write_json, write_text
from kiyas.scoring.classification import METRIC_ORDER
from kiyas.steps.classification_files import (
    PREDICTIONS,
    read_epochs,
    read_predictions,
    read_scores,
)
from kiyas.steps.classification_run import (
    ClassificationRun,
    ClassifierTrial,
    baseline_trial,
    name_trial,
    open_classification,
)
from kiyas.steps.classification_score import measure_arms, predict_and_score
from kiyas.steps.classification_search import SearchOutcome, search_arms
from kiyas.steps.classification_train import train_classifier_trial, trained_record
from kiyas.steps.run import ensure

_PACKAGES = ("torch", "transformers", "peft", "numpy", "scipy", "scikit-learn")


def run_classification(
    study: ClassificationStudy, folder: RunFolder, study_dir: Path, progress: Progress
) -> tuple[str, ...]:
    """Carry out a classification study, or what is missing of it.

    Args:
        study: The study, without conflicts.
        folder: Its run folder, new or not.
        study_dir: Folder of the study file, where relative paths begin.
        progress: What to tell the person at the keyboard.

    Returns:
        Titles of the steps that were worked on; empty if everything was up to date.

    Raises:
        KiyasError: Whatever the user has to mend; nothing done so far is lost.
    """
    with folder.lock():
        folder.claim(study.name)
        run = open_classification(study, folder, study_dir, progress)
        _record_provenance(run)
        work: list[str] = []
        if study.baseline and train_classifier_trial(run, baseline_trial()):
            work.append("training the baseline")
        outcome = search_arms(run)
        work += outcome.worked
        jobs = list_classifier_trials(run, outcome)
        work += [f"training {job.trial.name}" for job in jobs if _train_tested(run, job)]
        for job in jobs:
            work += predict_and_score(run, job)
        latency, timed = measure_arms(run, _one_an_arm(jobs))
        return (*work, *timed, *_write_findings(run, jobs, outcome, latency))


def list_classifier_trials(
    run: ClassificationRun, outcome: SearchOutcome
) -> tuple[ClassifierTrial, ...]:
    """Return every trial that is tested: baseline first, then by arm and seed."""
    baseline = [baseline_trial()] if run.study.baseline else []
    arms = [
        name_trial(arm, seed, outcome.chosen.get(arm.name, {}))
        for arm in run.study.arms
        for seed in run.study.seeds
    ]
    return (*baseline, *arms)


def _train_tested(run: ClassificationRun, job: ClassifierTrial) -> bool:
    """Train a trial that is tested; one that a search has trained is read back as it is."""
    trial = run.folder.trial(job.trial)
    is_searched = bool(job.values) and job.trial.seed == run.study.seeds[0]
    if is_searched and trial.outputs():
        return False
    return train_classifier_trial(run, job)


def _one_an_arm(jobs: Sequence[ClassifierTrial]) -> dict[str, ClassifierTrial]:
    first: dict[str, ClassifierTrial] = {}
    for job in jobs:
        first.setdefault(job.trial.arm, job)
    return first


def _write_findings(
    run: ClassificationRun,
    jobs: Sequence[ClassifierTrial],
    outcome: SearchOutcome,
    latency: LatencyReport | None,
) -> list[str]:
    step = run.folder.reporting
    inputs = {
        "kiyas": kiyas.__version__,
        "confidence": run.study.confidence,
        "class_names": [*run.tables.classes.names, *run.tables.classes.turkish],
        "latency": None if latency is None else asdict(latency),
        "search": [[point.trial, point.is_chosen] for point in outcome.points],
        **{job.trial.name: run.folder.predicted(job.trial).outputs()["sha256"] for job in jobs},
    }

    def work() -> Inputs:
        findings = _analyse(run, jobs, outcome, latency)
        write_json(run.folder.findings, asdict(findings))
        return {"trials": len(findings.results)}

    return ["report"] if ensure(step, inputs, "report", run.progress, work) else []


def _analyse(
    run: ClassificationRun,
    jobs: Sequence[ClassifierTrial],
    outcome: SearchOutcome,
    latency: LatencyReport | None,
) -> ClassificationFindings:
    splits = run.tables.splits
    setting = ClassificationSetting(
        study=run.study.name,
        class_names=run.tables.classes.names,
        class_names_tr=run.tables.classes.turkish,
        num_rows=(
            len(splits["train"].texts),
            len(splits["validation"].texts),
            len(splits["test"].texts),
        ),
        num_seeds=len(run.study.seeds),
        metric_order=METRIC_ORDER,
        confidence=run.study.confidence,
    )
    results = [_result(run, job) for job in jobs]
    return analyse_classification(setting, results, outcome.points, latency)


def _result(run: ClassificationRun, job: ClassifierTrial) -> ClassifierResult:
    labels, probabilities = read_predictions(run.folder.predicted(job.trial).path / PREDICTIONS)
    is_baseline = job.arm is None
    return ClassifierResult(
        arm=job.trial.arm,
        seed=None if is_baseline else job.trial.seed,
        trial=job.trial.name,
        is_baseline=is_baseline,
        labels=labels,
        predictions=tuple(int(label) for label in probabilities.argmax(axis=1)),
        probabilities=tuple(tuple(row) for row in probabilities.tolist()),
        scores=read_scores(run.folder.scored(job.trial).path),
        trained=trained_record(run, job),
        history=read_epochs(run.folder.trial(job.trial).path),
        settings=dict(job.values),
    )


def _record_provenance(run: ClassificationRun) -> None:
    """Write what the run is made of, unless it stands there already."""
    text = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(run.study.model_dump(mode="json"), text)
    path = run.folder.study
    if path.exists() and path.read_text(encoding="utf-8") == text.getvalue():
        return
    write_text(path, text.getvalue())
    earlier = read_json(run.folder.provenance) if run.folder.provenance.exists() else {}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(
        run.folder.provenance,
        {
            "study": run.study.name,
            "started": earlier.get("started", now),
            "changed": now if earlier else None,
            "command": shlex.join(["kiyas", *sys.argv[1:]]),
            "kiyas": kiyas.__version__,
            "python": platform.python_version(),
            "packages": {name: metadata.version(name) for name in _PACKAGES},
            "machine": {"system": platform.platform(), "processors": os.cpu_count()},
            "bases": {name: base.fingerprint for name, base in run.bases.items()},
            "data": dict(run.tables.sha256),
        },
    )
