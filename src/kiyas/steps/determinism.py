"""A study's base -> how much of a score is the batch: a probe of decoding, judged; once a study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kiyas.models import Base
from kiyas.records import Protocol
from kiyas.records.determinism import DeterminismProbe
from kiyas.run_folder import Inputs, read_completions, read_json, read_lines, write_json
from kiyas.sandbox import Cage
from kiyas.scoring import score_completions
from kiyas.steps.askings import own_asking, questions_of
from kiyas.steps.run import Run

if TYPE_CHECKING:
    from kiyas.prediction.engines import Engine


def lacks_probe(run: Run, base: str) -> bool:
    """Return whether a base is the study's first, is to be probed and has not been."""
    is_first = base == next(iter(run.bases))
    return is_first and _num_wanted(run) > 0 and read_probe(run) is None


def write_probe(run: Run, base: str, loaded: Base, engine: Engine) -> None:
    """Decode a few problems of the untrained base alone, and write how many texts stay equal."""
    from kiyas.prediction.cached_engine import CachedEngine
    from kiyas.prediction.determinism import probe_determinism

    checkpoint, predict = run.jobs.bases[base], run.study.predict
    probe = probe_determinism(
        questions_of(run, loaded, own_asking(run)),
        read_completions(run.folder.samples(checkpoint, _protocol(run))),
        engine.uncached if isinstance(engine, CachedEngine) else engine,
        dtype=loaded.dtype,
        num_problems=predict.determinism_problems,
    )
    if not probe.differing:
        probe = replace(probe, num_equal_verdicts=probe.num_problems)
    write_json(run.folder.determinism(checkpoint, _protocol(run)), probe.to_dict())


def read_probe(run: Run) -> DeterminismProbe | None:
    """Return the study's probe; None if there is none, or none of as many problems.

    It lies beside the completions that it was compared with, and is moved aside with them: that
    number is all else that it is made from.
    """
    path = run.folder.determinism(next(iter(run.jobs.bases.values())), _protocol(run))
    probe = DeterminismProbe.from_dict(read_json(path)) if path.exists() else None
    return probe if probe is not None and probe.num_problems == _num_wanted(run) else None


def probe_inputs(run: Run) -> Inputs:
    """Return what the probe's part of the report depends on; nothing if there is none."""
    probe = read_probe(run)
    if probe is None:
        return {}
    counts = (probe.num_problems, probe.num_equal_texts, probe.num_equal_verdicts)
    return {"determinism": list(counts)}


def lacks_verdicts(run: Run, judged_by: str) -> bool:
    """Return whether texts that differ are still to be judged, or were judged by something else.

    Args:
        run: The run.
        judged_by: Hash of what verdicts on the base depend on.
    """
    probe = read_probe(run)
    return probe is not None and bool(probe.differing) and probe.judged_by != judged_by


def judge_probe(run: Run, cage: Cage, judged_by: str) -> None:
    """Judge the texts decoded alone beside those of the batch, which must be judged already.

    Args:
        run: The run.
        cage: Where programs run.
        judged_by: Hash of what verdicts on the base depend on.
    """
    from kiyas.prediction.determinism import count_equal_verdicts

    probe = read_probe(run)
    assert probe is not None  # its verdicts are lacking
    base = next(iter(run.jobs.bases.values()))
    lines = read_lines(run.folder.scores(base, _protocol(run)))
    in_batch = {(line["task_id"], line["sample"]): str(line["outcome"]) for line in lines}
    alone = {
        (score.task_id, score.sample): score.outcome
        for score in score_completions(run.benchmark, probe.differing, cage)
    }
    num_equal = count_equal_verdicts(probe, in_batch, alone)
    judged = replace(probe, num_equal_verdicts=num_equal, judged_by=judged_by)
    write_json(run.folder.determinism(base, _protocol(run)), judged.to_dict())


def _num_wanted(run: Run) -> int:
    return min(run.study.predict.determinism_problems, len(run.benchmark.problems))


def _protocol(run: Run) -> Protocol:
    return run.study.protocol
