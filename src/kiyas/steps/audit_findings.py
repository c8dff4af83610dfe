"""The audit's verdicts and the trials' data -> the record that the analysis makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kiyas.records import Score, StudyAudit
from kiyas.run_folder import Inputs, hash_values, read_json
from kiyas.steps.audit import list_audit, read_scores_by_rule
from kiyas.steps.jobs import TrialJob
from kiyas.steps.run import Run
from kiyas.steps.score import read_scores, sort_scores

if TYPE_CHECKING:
    from kiyas.analysis import AuditedCheckpoint, Setting
    from kiyas.records.code_audit import TrainingBudget

_CODE_STARTS = ("```", "def ", "import ", "from ", "class ", "return ", "@", "#")
"""How an answer begins that is code from its start."""


def audit_inputs(run: Run) -> Inputs:
    """Return what the audit's part of the report depends on; None where it is not finished."""
    if not run.study.audit.enabled:
        return {"audit": "off"}
    if any(
        not run.folder.scores(item, run.study.protocol).exists() for item in run.jobs.checkpoints
    ):
        return {"audit": None}
    jobs = list_audit(run)
    verdicts = [
        run.folder.rereading(reading.checkpoint, reading.asking.protocol).outputs().get("sha256")
        for reading in jobs.readings
    ]
    return {"audit": None if None in verdicts else hash_values(verdicts, list(jobs.skipped))}


def read_audited(run: Run) -> list[AuditedCheckpoint]:
    """Return every checkpoint under every protocol, failures named as artefacts where they are."""
    from kiyas.analysis import AuditedCheckpoint, name_artifacts

    bases = {
        item.label: run.jobs.bases[run.study.base_of(job.arm)].label
        for job in run.jobs.trials
        for item in job.checkpoints
    }
    found = []
    for reading in list_audit(run).readings:
        checkpoint, protocol = reading.checkpoint, reading.asking.protocol
        item = AuditedCheckpoint(
            checkpoint=checkpoint,
            base=bases.get(checkpoint.label, checkpoint.label),
            protocol=protocol,
            scores=read_scores(run, checkpoint, protocol),
            by_rule=read_scores_by_rule(run, checkpoint, protocol),
        )
        found.append(replace(item, scores=sort_scores(run, name_artifacts(item))))
    return found


def own_scores(run: Run, audited: Sequence[AuditedCheckpoint]) -> dict[str, tuple[Score, ...]]:
    """Return the verdicts of every checkpoint in the study's own way, by label."""
    if not audited:
        return {item.label: read_scores(run, item) for item in run.jobs.checkpoints}
    return {
        item.checkpoint.label: item.scores
        for item in audited
        if item.protocol == run.study.protocol
    }


def audit_run(
    run: Run, setting: Setting, audited: Sequence[AuditedCheckpoint]
) -> StudyAudit | None:
    """Return the audit of a study; None where it was switched off."""
    from kiyas.analysis import audit_code

    if not run.study.audit.enabled:
        return None
    return audit_code(setting, audited, list(_training(run, setting)), list_audit(run).skipped)


def _training(run: Run, setting: Setting) -> Iterator[TrainingBudget]:
    from kiyas.analysis.scored import count_share
    from kiyas.records.code_audit import TrainingBudget

    for job in run.jobs.trials:
        train = run.study.train_of(job.arm)
        data = _data_of(run, job)
        num_rows = int(data.get("num_trained_rows", 0))
        yield TrainingBudget(
            trial=job.trial.name,
            arm=job.trial.arm,
            num_steps=job.num_steps,
            examples_a_step=train.batch_size * train.gradient_accumulation_steps,
            max_seq_len=train.max_seq_len,
            cut_rows=count_share(int(data.get("num_cut_rows", 0)), num_rows, setting.confidence),
            num_tokens=data.get("num_tokens"),
            opens_with_code=_opens_with_code(data.get("sample", "")),
        )


def _data_of(run: Run, job: TrialJob) -> Mapping[str, Any]:
    path = run.folder.trial(job.trial).data
    return read_json(path) if path.exists() else {}


def _opens_with_code(sample: str) -> bool | None:
    """Return whether the answer of a trained example, marked in the sample, begins with code."""
    _, mark, answer = sample.partition("⟦")
    return answer.lstrip().startswith(_CODE_STARTS) if mark else None
