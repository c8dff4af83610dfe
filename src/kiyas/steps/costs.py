"""What the steps of a code study recorded -> what the study took. Measures nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kiyas.analysis.costs import TrialWork, Work, sum_up_costs
from kiyas.records import Checkpoint, Score
from kiyas.records.costs import CostFindings, Stage
from kiyas.run_folder import TrialFolder, read_json
from kiyas.steps.askings import Reading
from kiyas.steps.audit import list_audit
from kiyas.steps.run import Run

if TYPE_CHECKING:
    from kiyas.report import HistoryRow


def sum_up_code_costs(
    run: Run,
    scores: Mapping[str, Sequence[Score]],
    histories: Mapping[str, Sequence[HistoryRow]],
) -> CostFindings:
    """Return what a scored study took; what an older kiyas did not record is None.

    Args:
        run: The run.
        scores: Verdicts by label of checkpoint.
        histories: Training history by name of trial.
    """
    audits: dict[str, list[Work]] = {}
    for reading in list_audit(run).readings if run.study.audit.enabled else ():
        audits.setdefault(reading.checkpoint.trial, []).append(_audit(run, reading))

    def tested(checkpoints: Sequence[Checkpoint]) -> Iterator[tuple[Stage, list[Work]]]:
        yield "decoding", [_decoding(run, item, scores[item.label]) for item in checkpoints]
        yield "scoring", [_scoring(run, item) for item in checkpoints]
        for trial in dict.fromkeys(item.trial for item in checkpoints):
            if trial in audits:
                yield "audit", audits[trial]

    bases = [TrialWork(item.trial, "", dict(tested([item]))) for item in run.jobs.bases.values()]
    trials = [
        TrialWork(
            job.trial.name,
            job.trial.arm,
            {"training": [_training(histories[job.trial.name])], **dict(tested(job.checkpoints))},
            peak_bytes=_read_peak(run.folder.trial(job.trial)),
        )
        for job in run.jobs.trials
    ]
    return sum_up_costs([*bases, *trials], run.study.execution.power_w)


def _training(history: Sequence[HistoryRow]) -> Work:
    if not history:
        return Work(None)
    seconds, tokens = history[-1].seconds, history[-1].tokens
    return Work(seconds, tokens, seconds, tokens)


def _decoding(run: Run, checkpoint: Checkpoint, scores: Sequence[Score]) -> Work:
    done = run.folder.predictions(checkpoint, run.study.protocol).outputs()
    return Work(
        seconds=done.get("seconds"),
        num_tokens=sum(score.num_tokens for score in scores),
        timed_seconds=done.get("decoded_seconds"),
        num_timed_tokens=done.get("num_decoded_tokens"),
    )


def _scoring(run: Run, checkpoint: Checkpoint) -> Work:
    return Work(run.folder.judgement(checkpoint, run.study.protocol).seconds)


def _audit(run: Run, reading: Reading) -> Work:
    """Return what the audit of one reading took; the study's own is decoded and judged already."""
    named = reading.checkpoint, reading.asking.protocol
    parts = [run.folder.rereading(*named).seconds]
    num_tokens: int | None = 0
    if reading.asking.protocol != run.study.protocol:
        decoded = run.folder.predictions(*named).outputs()
        parts += [decoded.get("seconds"), run.folder.judgement(*named).seconds]
        num_tokens = decoded.get("num_tokens")
    known = [part for part in parts if part is not None]
    return Work(sum(known) if len(known) == len(parts) else None, num_tokens)


def _read_peak(folder: TrialFolder) -> int | None:
    """Return the peak of a trial's memory in bytes, if it was measured."""
    if not folder.memory.exists():
        return None
    peak: int | None = read_json(folder.memory).get("peak_bytes")
    return peak
