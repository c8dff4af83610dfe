"""Verdicts -> findings.json and the report."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import kiyas
from kiyas.errors import RunFolderError
from kiyas.languages import spoken
from kiyas.records import CodeFindings, Completion, Score
from kiyas.run_folder import Inputs, hash_file, read_json, write_json
from kiyas.steps.audit_findings import audit_inputs, audit_run, own_scores, read_audited
from kiyas.steps.contamination import contamination_inputs
from kiyas.steps.costs import sum_up_code_costs
from kiyas.steps.determinism import probe_inputs, read_probe
from kiyas.steps.likelihoods import likelihood_inputs
from kiyas.steps.predict import read_prompts
from kiyas.steps.run import Run, ensure, hash_study
from kiyas.steps.score import completions_of
from kiyas.steps.setup import describe_code_setup
from kiyas.steps.texts import read_texts

if TYPE_CHECKING:
    from kiyas.analysis import AuditedCheckpoint, ScoredCheckpoint
    from kiyas.report import HistoryRow, ProblemAnswer, ProblemPage


def write_run_report(run: Run) -> list[str]:
    """Write findings and report unless they are up to date; return what was worked on."""
    inputs = _inputs(run)
    worked = ensure(run.folder.reporting, inputs, "report", run.progress, lambda: _write(run))
    return ["report"] if worked else []


def rewrite_run_report(run: Run) -> None:
    """Write findings and report again, whether or not they are up to date.

    Raises:
        RunFolderError: A checkpoint has no verdicts yet, or a file is not what a step wrote.
    """
    for job in run.jobs.trials:
        run.folder.trial(job.trial).check_files()
    for item in run.jobs.checkpoints:
        run.folder.predictions(item, run.study.protocol).check_files()
    inputs = _inputs(run)
    missing = [key for key, value in inputs.items() if value is None]
    if missing:
        raise RunFolderError(
            "the run is not finished",
            where=str(run.folder.path),
            received=f"no {missing[0]}",
            next_step="finish it with `kiyas run` first",
        )
    run.folder.reporting.begin(inputs)
    run.folder.reporting.finish(inputs, _write(run))


def _inputs(run: Run) -> Inputs:
    protocol = run.study.protocol
    verdicts = {
        f"scores of {item.label}": run.folder.judgement(item, protocol).outputs().get("sha256")
        for item in run.jobs.checkpoints
    }
    paths = {job.trial.name: run.folder.trial(job.trial).history for job in run.jobs.trials}
    histories = {
        f"history of {name}": hash_file(path) if path.exists() else None
        for name, path in paths.items()
    }
    power_w = run.study.execution.power_w
    version = {
        "kiyas": kiyas.__version__,
        "language": spoken(),
        "confidence": run.study.confidence,
    }
    return {
        **version,
        "study": hash_study(run.study),
        **histories,
        **verdicts,
        **audit_inputs(run),
        **contamination_inputs(run),
        **likelihood_inputs(run),
        **probe_inputs(run),
        **({} if power_w is None else {"execution.power_w": power_w}),
    }


def _write(run: Run) -> Inputs:
    # Millions of small records live until the end: the collector would look through them in vain.
    gc.disable()
    try:
        return _analyse_and_write(run)
    finally:
        gc.enable()


def _analyse_and_write(run: Run) -> Inputs:
    from kiyas.report import Origin, write_report

    audited = read_audited(run) if run.study.audit.enabled else []
    scores = own_scores(run, audited)
    histories = {
        job.trial.name: _read_history(run.folder.trial(job.trial).history)
        for job in run.jobs.trials
    }
    findings = _analyse(run, audited, scores, histories)
    write_json(run.folder.findings, findings)
    provenance = read_json(run.folder.provenance)
    write_report(
        findings,
        _pages(run, findings, scores),
        histories,
        Origin(provenance, describe_code_setup(run)),
        run.folder.report,
        language=spoken(),
    )
    return {}


def _analyse(
    run: Run,
    audited: Sequence[AuditedCheckpoint],
    scores: Mapping[str, tuple[Score, ...]],
    histories: Mapping[str, Sequence[HistoryRow]],
) -> CodeFindings:
    from kiyas.analysis import Setting, analyse_code, weigh_noise

    study = run.study
    judged = run.folder.judgement(run.jobs.checkpoints[0], study.protocol).outputs()
    setting = Setting(
        study=study.name,
        benchmark=run.benchmark.name,
        num_problems=len(run.benchmark.problems),
        num_samples=study.predict.num_samples,
        protocol=study.protocol,
        isolation=judged["isolation"]["name"],
        confidence=study.confidence,
        num_seeds=len(study.seeds),
        seed=study.predict.seed,
    )
    audit = audit_run(run, setting, audited)
    probe = read_probe(run)
    base = next(iter(run.jobs.bases.values())).label
    return analyse_code(
        setting,
        list(_scored(run, scores, histories)),
        audit,
        read_texts(run, scores),
        noise=None if probe is None else weigh_noise(probe, base, setting),
        costs=sum_up_code_costs(run, scores, histories),
    )


def _scored(
    run: Run,
    scores: Mapping[str, tuple[Score, ...]],
    histories: Mapping[str, Sequence[HistoryRow]],
) -> Iterator[ScoredCheckpoint]:
    from kiyas.analysis import ScoredCheckpoint

    for base in run.jobs.bases.values():
        yield ScoredCheckpoint(base, base.label, scores[base.label])
    for job in run.jobs.trials:
        base = run.jobs.bases[run.study.base_of(job.arm)]
        by_step = {row.step: row for row in histories[job.trial.name]}
        for item in job.checkpoints:
            row = by_step.get(item.step)
            yield ScoredCheckpoint(
                checkpoint=item,
                base=base.label,
                scores=scores[item.label],
                epoch=row.epoch if row else None,
                train_loss=row.loss if row else None,
            )


def _pages(
    run: Run, findings: CodeFindings, scores: Mapping[str, tuple[Score, ...]]
) -> list[ProblemPage]:
    """Gather every problem with the answers of every checkpoint; texts only where they are read."""
    from kiyas.report import ProblemPage, choose_readable

    readable = choose_readable(findings)
    answers: dict[str, list[ProblemAnswer]] = {}
    for checkpoint in run.jobs.checkpoints:
        found = completions_of(run, checkpoint) if checkpoint.label in readable else []
        for task_id, answer in _answers(checkpoint.label, found, scores[checkpoint.label]):
            answers.setdefault(task_id, []).append(answer)
    prompts = read_prompts(run)
    return [
        ProblemPage(
            task_id=problem.task_id,
            entry_point=problem.entry_point,
            test=problem.test,
            prompts={run.study.protocol: prompts[problem.task_id]},
            answers=tuple(answers[problem.task_id]),
        )
        for problem in run.benchmark.problems
    ]


def _answers(
    label: str, completions: Sequence[Completion], scores: Sequence[Score]
) -> Iterator[tuple[str, ProblemAnswer]]:
    from kiyas.report import ProblemAnswer

    texts = {(item.task_id, item.sample): item.completion for item in completions}
    for score in scores:
        completion = texts.get((score.task_id, score.sample), "")
        yield score.task_id, ProblemAnswer(label, completion, score)


def _read_history(path: Path) -> list[HistoryRow]:
    """Return a trial's history with tokens and seconds summed up to each step."""
    from kiyas.report import HistoryRow
    from kiyas.training import read_history

    tokens, seconds, rows = 0, 0.0, []
    for row in read_history(path):
        tokens, seconds = tokens + row.tokens, seconds + row.seconds
        rows.append(HistoryRow(row.step, row.epoch, row.loss, row.learning_rate, tokens, seconds))
    return rows
