"""Checkpoints -> completions on disk, over one loaded base for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kiyas.execution import Job, share_out
from kiyas.models import RENDERING_VERSION, Base
from kiyas.records import Checkpoint, Completion, Protocol
from kiyas.run_folder import Inputs, Step, hash_values, read_completions, read_json, write_json
from kiyas.scoring import EXTRACTION_VERSION
from kiyas.steps.adapters import find_adapter, hash_of_adapter
from kiyas.steps.askings import (
    Asking,
    Reading,
    ReadingName,
    find_reading,
    own_asking,
    predicted,
    questions_of,
)
from kiyas.steps.determinism import lacks_probe, write_probe
from kiyas.steps.preflight import check_ahead
from kiyas.steps.run import Run, flatten, is_waiting, tell_state

if TYPE_CHECKING:
    from kiyas.prediction.completions import CheckpointRequest
    from kiyas.prediction.engines import Engine

_NO_INPUTS = (
    "batch_size",
    "engine",
    "server",
    "cache",
    "determinism_problems",
    "reference_likelihood",
    "stop_when_complete",
)
"""Keys of ``predict`` that change how completions are come by, and not what is asked; and the one
that counts only where it is on."""


@dataclass(frozen=True)
class PredictTask:
    """What one loaded base decodes in one go."""

    base: str
    """Name of the base in the study."""
    readings: tuple[ReadingName, ...]
    """What is asked, and how."""
    probes: bool
    """Whether the probe of decoding is made too, after the base's own completions."""


@dataclass(frozen=True)
class Decoder:
    """What decodes: a base and the engine that was opened with it."""

    name: str
    """Name of the base in the study."""
    base: Base
    """The base."""
    engine: Engine
    """The engine."""

    def describe(self) -> Inputs:
        """Return what decodes."""
        return {"engine": self.engine.name, "dtype": self.base.dtype}


def predict_checkpoints(
    run: Run, on_finished: Callable[[Reading], None] | None = None
) -> list[str]:
    """Decode what is missing, base by base; return the titles of what was worked on.

    Args:
        run: The run.
        on_finished: Is given each reading when its completions are all there, while the next one is
            decoded; only where jobs run in this process.
    """
    asking = own_asking(run)
    readings = {
        name: [Reading(asking, item) for item in checkpoints_of(run, name)] for name in run.bases
    }
    return predict_readings(run, readings, on_finished)


def predict_readings(
    run: Run,
    readings: Mapping[str, Sequence[Reading]],
    on_finished: Callable[[Reading], None] | None = None,
) -> list[str]:
    """Decode what is missing of every base's readings; see ``predict_checkpoints``.

    Each base is cut into as many jobs as there are workers, so that one worker loads it once.
    """
    jobs = []
    for base, asked in readings.items():
        waiting = [
            reading
            for reading in asked
            if is_waiting(predicted(run, reading), _inputs(run, base, reading))
        ]
        parts = share_out(waiting, run.executor) or [()]
        for index, part in enumerate(parts):
            is_new = any(reading.checkpoint.is_base for reading in part)  # its old probe goes too
            probes = is_new or (index == 0 and lacks_probe(run, base))
            if part or probes:
                jobs.append(_job(run, base, part, probes=probes))
    if jobs:
        check_ahead(run, trains=False)
    if on_finished is None:
        return run.executor.map(run, predict_task, jobs)
    return run.executor.map(run, partial(predict_task, on_finished=on_finished), jobs)


def predict_task(
    run: Run, task: PredictTask, on_finished: Callable[[Reading], None] = lambda _: None
) -> list[str]:
    """Decode what is missing of a task; the base is loaded once, and only if there is work."""
    named = [find_reading(run, name) for name in task.readings]
    readings = [reading for reading in named if _begin(run, task.base, reading)]
    probes = task.probes and lacks_probe(run, task.base)
    if not readings and not probes:
        return []
    from kiyas.prediction.engine_choice import choose_engine, load_engine_base, open_engine

    predict, say = run.study.predict, run.progress.say
    choice = choose_engine(predict)
    loaded = load_engine_base(run.bases[task.base], predict, choice, say=say)
    with closing(open_engine(loaded, predict, choice=choice, say=say)) as engine:
        for asking, checkpoints in _by_asking(readings):
            for reading in _predict(run, Decoder(task.base, loaded, engine), asking, checkpoints):
                on_finished(reading)
        if probes:
            write_probe(run, task.base, loaded, engine)
    return [_title(run, reading) for reading in readings]


def _job(run: Run, base: str, part: Sequence[Reading], *, probes: bool) -> Job[PredictTask]:
    titles = [_title(run, reading) for reading in part] or ["prediction: probe of decoding"]
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    trials = {job.trial.name: run.folder.trial(job.trial) for job in run.jobs.trials}
    grown = dict.fromkeys(item.checkpoint.trial for item in part if not item.checkpoint.is_base)
    read: list[Step] = [trials[name] for name in grown]
    steps = [predicted(run, reading) for reading in part]
    if probes:
        probed = Reading(own_asking(run), run.jobs.bases[base])
        steps.append(predicted(run, probed))
        if probed not in part:  # so it is finished
            read.append(predicted(run, probed))
    return Job(
        titles[0] + more,
        PredictTask(base, tuple(reading.name for reading in part), probes),
        reads=tuple(run.folder.relative(step) for step in read),
        writes=tuple(dict.fromkeys(run.folder.relative(step) for step in steps)),
    )


def _by_asking(readings: Sequence[Reading]) -> list[tuple[Asking, list[Checkpoint]]]:
    found: dict[Protocol, tuple[Asking, list[Checkpoint]]] = {}
    for reading in readings:
        asked = found.setdefault(reading.asking.protocol, (reading.asking, []))
        asked[1].append(reading.checkpoint)
    return list(found.values())


def checkpoints_of(run: Run, base: str) -> list[Checkpoint]:
    """Return a base's untrained checkpoint and all that grew from it."""
    trained = [
        checkpoint
        for job in run.jobs.trials
        if run.study.base_of(job.arm) == base
        for checkpoint in job.checkpoints
    ]
    return [run.jobs.bases[base], *trained]


def _title(run: Run, reading: Reading) -> str:
    return reading.asking.title(run, "prediction", reading.checkpoint)


def _begin(run: Run, base: str, reading: Reading) -> bool:
    """Prepare a checkpoint's step; return whether there is work to do."""
    state = predicted(run, reading).begin(_inputs(run, base, reading))
    tell_state(state, _title(run, reading), run.progress)
    return state.status != "complete"


def _inputs(run: Run, base: str, reading: Reading) -> Inputs:
    asking = reading.asking
    prompts = [(problem.task_id, problem.prompt) for problem in asking.benchmark.problems]
    settings = run.study.predict.model_dump()
    return {
        "base": run.bases[base].fingerprint,
        "adapter": hash_of_adapter(run, reading.checkpoint),
        "benchmark.prompts": hash_values(prompts),
        "protocol": asking.protocol,
        "rendering": RENDERING_VERSION,
        **flatten("predict", settings, without=_NO_INPUTS),
        **_named_engine(run),
        **_end_rule(run, asking),
    }


def _end_rule(run: Run, asking: Asking) -> Inputs:
    """Return by what answers end early, if they do: version of the rule, what it looks for."""
    if not run.study.predict.stop_when_complete:
        return {}
    names = [(problem.task_id, problem.entry_point) for problem in asking.benchmark.problems]
    return {
        "predict.stop_when_complete": EXTRACTION_VERSION,
        "benchmark.entry_points": hash_values(names),
    }


def _named_engine(run: Run) -> Inputs:
    """Return the engine that a study names; what ``auto`` finds is the machine's affair.

    A finished run that is taken to another machine is not decoded again there.
    """
    predict = run.study.predict
    if predict.engine in ("auto", "transformers"):
        return {}
    model = predict.server.model if predict.server else None
    return {"predict.engine": predict.engine, "predict.server.model": model}


def _predict(
    run: Run, decoder: Decoder, asking: Asking, waiting: Sequence[Checkpoint]
) -> Iterator[Reading]:
    """Decode what is missing, and give each checkpoint when its completions are all there."""
    from kiyas.prediction import CheckpointRequest, predict_completions

    requests = [
        CheckpointRequest(
            checkpoint=item,
            adapter=find_adapter(run, item),
            samples=run.folder.samples(item, asking.protocol),
        )
        for item in waiting
    ]
    if run.jobs.bases[decoder.name] in waiting:
        _write_prompts(run, decoder, asking)
    questions = questions_of(run, decoder.base, asking)
    unfinished = {request.checkpoint: request for request in requests}
    for answered in predict_completions(requests, questions, decoder.engine, run.progress):
        if answered.is_last:
            yield _finish(run, decoder, asking, unfinished.pop(answered.request.checkpoint))
    for request in unfinished.values():  # they lacked nothing but the last word
        yield _finish(run, decoder, asking, request)


def _finish(run: Run, decoder: Decoder, asking: Asking, request: CheckpointRequest) -> Reading:
    completions = read_completions(request.samples)
    texts = [(item.task_id, item.sample, item.completion) for item in completions]
    outputs = {"sha256": hash_values(texts), **decoder.describe(), **_sum_up(completions)}
    reading = Reading(asking, request.checkpoint)
    predicted(run, reading).finish(_inputs(run, decoder.name, reading), outputs)
    return reading


def _sum_up(completions: Sequence[Completion]) -> Inputs:
    """Return what a checkpoint's completions took, with those from the cache and without."""
    decoded = [item for item in completions if not item.is_reused]
    return {
        "num_from_cache": len(completions) - len(decoded),
        "num_tokens": sum(item.num_tokens for item in completions),
        "seconds": _seconds(completions),
        "num_decoded_tokens": sum(item.num_tokens for item in decoded),
        "decoded_seconds": _seconds(decoded),
    }


def _seconds(completions: Sequence[Completion]) -> float | None:
    """Return the seconds that completions took; None if one was not timed."""
    known = [item.elapsed_s for item in completions if item.elapsed_s is not None]
    return round(sum(known), 3) if len(known) == len(completions) else None


def _write_prompts(run: Run, decoder: Decoder, asking: Asking) -> None:
    """Keep the prompts as sent, so that a report needs no tokenizer; beside the base's answers."""
    from kiyas.models import render_problem

    texts = {
        problem.task_id: render_problem(decoder.base, problem, asking.protocol).text
        for problem in asking.benchmark.problems
    }
    write_json(run.folder.prompts(run.jobs.bases[decoder.name], asking.protocol), texts)


def read_prompts(run: Run) -> dict[str, str]:
    """Return the prompts of the study's first base as they were sent, by problem."""
    first = next(iter(run.jobs.bases.values()))
    return read_json(run.folder.prompts(first, run.study.protocol))
