"""Scored checkpoints -> the artefact audit's verdicts: other protocols, other extraction rules.

Every stored completion is read by every rule; untrained bases and the best checkpoint of each arm
are also asked under every protocol that fits them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kiyas.execution import Job, share_out
from kiyas.models import has_chat_template
from kiyas.records import Checkpoint, Completion, Protocol
from kiyas.records.files import FileScore, Sample, SampleFile
from kiyas.run_folder import Inputs, hash_values, read_lines
from kiyas.sandbox import CAGE_VERSION, Cage
from kiyas.scoring import EXTRACTION_RULES, EXTRACTION_VERSION
from kiyas.scoring.files import score_file
from kiyas.steps.askings import (
    Reading,
    ReadingName,
    asking_under,
    find_reading,
    own_asking,
    predicted,
)
from kiyas.steps.file_scoring import write_scores
from kiyas.steps.predict import predict_readings
from kiyas.steps.run import Run, tell_state
from kiyas.steps.score import (
    begin_scoring,
    completions_of,
    name_job,
    open_cage,
    read_scores,
    score_checkpoint,
    scoring_title,
    waits_for_score,
)

OTHER_RULES = tuple(rule for rule in EXTRACTION_RULES if rule != "validated")
"""Every rule but the one that a study is scored with."""


@dataclass(frozen=True)
class AuditJobs:
    """Everything that an audit decodes and reads."""

    readings: tuple[Reading, ...]
    """Every checkpoint under the study's protocol, then the chosen ones under the others."""
    skipped: tuple[str, ...]
    """Protocols that are not tried, since the base has no chat template, each with the base."""


@dataclass(frozen=True)
class AuditTask:
    """What one cage judges and reads by every rule."""

    readings: tuple[ReadingName, ...]
    """Whose completions, asked in which way."""


def audit_checkpoints(run: Run) -> list[str]:
    """Do what is missing of the audit; return the titles of what was worked on."""
    if not run.study.audit.enabled:
        return []
    jobs = list_audit(run)
    return [*_predict(run, jobs), *_score(run, jobs)]


def list_audit(run: Run) -> AuditJobs:
    """List what the audit of a scored study takes; its best checkpoints are chosen here."""
    own = own_asking(run)
    readings = [Reading(own, item) for item in run.jobs.checkpoints]
    skipped = []
    chosen = _chosen(run)
    for protocol in dict.fromkeys(run.study.audit.protocols):
        if protocol == own.protocol:
            continue
        asking = asking_under(run, protocol)
        for name, checkpoints in chosen.items():
            if protocol != "completion" and not has_chat_template(run.bases[name]):
                skipped.append(f"{protocol} ({name})")
                continue
            readings += [Reading(asking, item) for item in checkpoints]
    return AuditJobs(tuple(readings), tuple(skipped))


def _chosen(run: Run) -> dict[str, list[Checkpoint]]:
    """Return by base what answers under other protocols: base, best and, if asked, last of arms."""
    chosen = {name: [checkpoint] for name, checkpoint in run.jobs.bases.items()}
    by_arm: dict[str, list[Checkpoint]] = {}
    for job in run.jobs.trials:
        by_arm.setdefault(job.arm.name, []).extend(job.checkpoints)
    for job in run.jobs.trials:
        members = by_arm.pop(job.arm.name, [])
        if not members:
            continue
        best = _best(run, members)
        last = [item for item in members if item.trial == best.trial][-1]
        wanted = [best, last] if run.study.audit.include_last else [best]
        chosen[run.study.base_of(job.arm)] += dict.fromkeys(wanted)
    return chosen


def _best(run: Run, members: Sequence[Checkpoint]) -> Checkpoint:
    """Return the checkpoint that passes most, the earliest of equals; the last if none passes."""
    passes = {item: sum(score.passed for score in read_scores(run, item)) for item in members}
    if not any(passes.values()):
        return members[-1]
    return max(members, key=lambda item: (passes[item], -item.step))


def _predict(run: Run, jobs: AuditJobs) -> list[str]:
    asked = {}
    for name, base in run.jobs.bases.items():
        grown = {base, *_grown_from(run, name)}
        asked[name] = [
            reading
            for reading in jobs.readings
            if reading.asking.protocol != run.study.protocol and reading.checkpoint in grown
        ]
    return predict_readings(run, asked)


def _grown_from(run: Run, base: str) -> Iterator[Checkpoint]:
    for job in run.jobs.trials:
        if run.study.base_of(job.arm) == base:
            yield from job.checkpoints


def _score(run: Run, jobs: AuditJobs) -> list[str]:
    """Judge what the audit has decoded, and read every completion by every rule."""
    waiting = [reading for reading in jobs.readings if _waits(run, reading)]
    parts = share_out(waiting, run.executor)
    return run.executor.map(run, audit_task, [_job(run, part) for part in parts])


def _waits(run: Run, reading: Reading) -> bool:
    is_other = reading.asking.protocol != run.study.protocol
    return (is_other and waits_for_score(run, reading)) or not _is_read(run, reading)


def _job(run: Run, part: Sequence[Reading]) -> Job[AuditTask]:
    named = [(reading.checkpoint, reading.asking.protocol) for reading in part]
    return Job(
        name_job([_title(run, reading) for reading in part]),
        AuditTask(tuple(reading.name for reading in part)),
        reads=tuple(run.folder.relative(run.folder.predictions(*name)) for name in named),
        writes=tuple(
            run.folder.relative(step)
            for name in named
            for step in (run.folder.judgement(*name), run.folder.rereading(*name))
        ),
        on_gpu=False,
    )


def audit_task(run: Run, task: AuditTask) -> list[str]:
    """Judge and read what is missing of a task in one cage; return what was worked on."""
    own = run.study.protocol
    to_read = [find_reading(run, name) for name in task.readings]
    others = [reading for reading in to_read if reading.asking.protocol != own]
    to_score = [reading for reading in others if begin_scoring(run, reading)]
    to_read = [item for item in to_read if item in to_score or not _is_read(run, item)]
    if not to_read:
        return []
    with open_cage(run) as cage:
        for reading in to_score:
            score_checkpoint(run, reading, cage)
        for reading in to_read:
            _read(run, reading, cage)
    return [
        *(scoring_title(run, reading) for reading in to_score),
        *(_title(run, reading) for reading in to_read),
    ]


def _title(run: Run, reading: Reading) -> str:
    return f"{scoring_title(run, reading)} by every rule"


def _inputs(run: Run, reading: Reading) -> Inputs:
    judged = run.folder.judgement(reading.checkpoint, reading.asking.protocol)
    return {
        "samples": predicted(run, reading).outputs().get("sha256"),
        "scores": judged.outputs().get("sha256"),
        "benchmark": reading.asking.benchmark.sha256,
        "rules": list(OTHER_RULES),
        "extraction": EXTRACTION_VERSION,
        "cage": CAGE_VERSION,
        "score.timeout_s": run.study.score.timeout_s,
        "score.memory_mb": run.study.score.memory_mb,
        "score.packages": run.study.score.packages,
    }


def _is_read(run: Run, reading: Reading) -> bool:
    step = run.folder.rereading(reading.checkpoint, reading.asking.protocol)
    return step.state(_inputs(run, reading)).status == "complete"


def _read(run: Run, reading: Reading, cage: Cage) -> None:
    """Judge every completion under every other rule; programs judged already are not run again."""
    checkpoint, protocol = reading.checkpoint, reading.asking.protocol
    step = run.folder.rereading(checkpoint, protocol)
    inputs = _inputs(run, reading)
    tell_state(step.begin(inputs), _title(run, reading), run.progress)
    completions = completions_of(run, checkpoint, protocol)
    known = {(s.task_id, s.sample): s for s in read_scores(run, checkpoint, protocol)}
    found: list[FileScore] = []
    num_readings = len(completions) * len(OTHER_RULES)
    with step.timed(), run.progress.bar(_title(run, reading), num_readings) as bar:
        for score in score_file(
            _as_file(checkpoint.label, completions),
            reading.asking.benchmark,
            cage,
            rules=OTHER_RULES,
            known=known,
        ):
            found.append(score)
            bar.advance()
    found.sort(key=lambda score: (OTHER_RULES.index(score.rule), score.task_id, score.sample))
    write_scores(run.folder.scores_by_rule(checkpoint, protocol), found)
    verdicts = [(s.task_id, s.sample, s.rule, s.outcome) for s in found]
    step.finish(inputs, {"sha256": hash_values(verdicts)})


def _as_file(name: str, completions: Sequence[Completion]) -> SampleFile:
    samples = (
        Sample(
            task_id=item.task_id,
            sample=item.sample,
            text=item.completion,
            kind="completion",
            row=row,
            protocol=item.protocol,
            finish_reason=item.finish_reason,
            num_tokens=item.num_tokens,
        )
        for row, item in enumerate(completions, start=1)
    )
    return SampleFile(name, "kiyas", tuple(samples))


def read_scores_by_rule(
    run: Run, checkpoint: Checkpoint, protocol: Protocol
) -> dict[str, tuple[FileScore, ...]]:
    """Return a checkpoint's verdicts by every rule but the study's own."""
    found: dict[str, list[FileScore]] = {rule: [] for rule in OTHER_RULES}
    for line in read_lines(run.folder.scores_by_rule(checkpoint, protocol)):
        score = FileScore(**line)
        found[score.rule].append(score)
    return {rule: tuple(scores) for rule, scores in found.items()}
