"""Checkpoints -> completions on disk, over one loaded base for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiyas.models import RENDERING_VERSION, Base
from kiyas.records import Benchmark, Checkpoint, Protocol
from kiyas.run_folder import Inputs, Step, hash_values, read_json, read_lines, write_json
from kiyas.steps.determinism import lacks_probe, write_probe
from kiyas.steps.run import Run, flatten, tell_state

if TYPE_CHECKING:
    from kiyas.prediction import CheckpointRequest
    from kiyas.prediction.engines import Engine

_NO_INPUTS = (
    "batch_size",
    "engine",
    "server",
    "cache",
    "determinism_problems",
    "reference_likelihood",
)
"""Keys of ``predict`` that change how completions are come by, and not what is asked."""


@dataclass(frozen=True)
class Asking:
    """How checkpoints are asked: the study's own way, or another one for the audit."""

    protocol: Protocol
    """How the problems are put."""
    benchmark: Benchmark
    """The problems, or some of them."""

    def title(self, run: Run, what: str, checkpoint: Checkpoint) -> str:
        """Return what to call work on a checkpoint; another protocol than the study's is named."""
        other = "" if self.protocol == run.study.protocol else f" under {self.protocol}"
        return f"{what} {checkpoint.label}{other}"


@dataclass(frozen=True)
class Decoder:
    """What decodes: a base and the engine that was opened with it."""

    name: str
    """Name of the base in the study."""
    base: Base
    """The base."""
    engine: Engine
    """The engine."""

    def describe(self, request: CheckpointRequest) -> Inputs:
        """Return what decoded a checkpoint's completions, and how many came from the cache."""
        from kiyas.prediction.cached_engine import CachedEngine

        reused = 0
        if isinstance(self.engine, CachedEngine):
            reused = self.engine.take_num_reused(request.adapter)
        return {"engine": self.engine.name, "dtype": self.base.dtype, "num_from_cache": reused}


def own_asking(run: Run) -> Asking:
    """Return the study's own way."""
    return Asking(run.study.protocol, run.benchmark)


def predict_checkpoints(run: Run) -> list[str]:
    """Decode what is missing, base by base; return the titles of what was worked on."""
    asking = own_asking(run)
    done = []
    for name in run.bases:
        done += predict_askings(run, name, [(asking, checkpoints_of(run, name))])
    return done


def predict_askings(
    run: Run, base: str, askings: Iterable[tuple[Asking, Sequence[Checkpoint]]]
) -> list[str]:
    """Decode what is missing of one base's checkpoints, asked in several ways.

    The base is loaded once, and only if there is work; returns the titles of what was worked on.
    """
    waiting = [
        (asking, [item for item in checkpoints if _begin(run, base, asking, item)])
        for asking, checkpoints in askings
    ]
    waiting = [(asking, checkpoints) for asking, checkpoints in waiting if checkpoints]
    if not waiting and not lacks_probe(run, base):
        return []
    from kiyas.prediction.engine_choice import choose_engine, load_engine_base, open_engine

    predict, say = run.study.predict, run.progress.say
    choice = choose_engine(predict)
    loaded = load_engine_base(run.bases[base], predict, choice, say=say)
    with closing(open_engine(loaded, predict, choice=choice, say=say)) as engine:
        for asking, checkpoints in waiting:
            _predict(run, Decoder(base, loaded, engine), asking, checkpoints)
        if lacks_probe(run, base):
            write_probe(run, base, loaded, engine)
    return [
        asking.title(run, "prediction", item)
        for asking, checkpoints in waiting
        for item in checkpoints
    ]


def checkpoints_of(run: Run, base: str) -> list[Checkpoint]:
    """Return a base's untrained checkpoint and all that grew from it."""
    trained = [
        checkpoint
        for job in run.jobs.trials
        if run.study.base_of(job.arm) == base
        for checkpoint in job.checkpoints
    ]
    return [run.jobs.bases[base], *trained]


def _begin(run: Run, base: str, asking: Asking, checkpoint: Checkpoint) -> bool:
    """Prepare a checkpoint's step; return whether there is work to do."""
    state = _step(run, asking, checkpoint).begin(_inputs(run, base, asking, checkpoint))
    tell_state(state, asking.title(run, "prediction", checkpoint), run.progress)
    return state.status != "complete"


def _step(run: Run, asking: Asking, checkpoint: Checkpoint) -> Step:
    return run.folder.predictions(checkpoint, asking.protocol)


def _inputs(run: Run, base: str, asking: Asking, checkpoint: Checkpoint) -> Inputs:
    prompts = [(problem.task_id, problem.prompt) for problem in asking.benchmark.problems]
    settings = run.study.predict.model_dump()
    return {
        "base": run.bases[base].fingerprint,
        "adapter": hash_of_adapter(run, checkpoint),
        "benchmark.prompts": hash_values(prompts),
        "protocol": asking.protocol,
        "rendering": RENDERING_VERSION,
        **flatten("predict", settings, without=_NO_INPUTS),
        **_named_engine(run),
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


def hash_of_adapter(run: Run, checkpoint: Checkpoint) -> str | None:
    """Return the hash of a checkpoint's adapter; None for an untrained base."""
    for job in run.jobs.trials:
        if job.trial.name == checkpoint.trial:
            adapters = run.folder.trial(job.trial).outputs()["adapters"]
            return str(adapters[str(checkpoint.step)])
    return None


def find_adapter(run: Run, checkpoint: Checkpoint) -> Path | None:
    """Return the folder of a checkpoint's adapter; None for an untrained base."""
    for job in run.jobs.trials:
        if job.trial.name == checkpoint.trial:
            return run.folder.trial(job.trial).checkpoint(checkpoint.step)
    return None


def _predict(run: Run, decoder: Decoder, asking: Asking, waiting: Sequence[Checkpoint]) -> None:
    from kiyas.prediction import CheckpointRequest, predict_completions
    from kiyas.prediction.questions import ask

    requests = [
        CheckpointRequest(
            checkpoint=item,
            adapter=find_adapter(run, item),
            samples=run.folder.samples(item, asking.protocol),
        )
        for item in waiting
    ]
    _write_prompts(run, decoder, asking)
    questions = ask(decoder.base, asking.benchmark, asking.protocol, run.study.predict)
    unfinished = {request.checkpoint: request for request in requests}
    for answered in predict_completions(requests, questions, decoder.engine, run.progress):
        if answered.is_last:
            _finish(run, decoder, asking, unfinished.pop(answered.request.checkpoint))
    for request in unfinished.values():  # they lacked nothing but the last word
        _finish(run, decoder, asking, request)


def _finish(run: Run, decoder: Decoder, asking: Asking, request: CheckpointRequest) -> None:
    lines = read_lines(request.samples)
    texts = sorted((line["task_id"], line["sample"], line["completion"]) for line in lines)
    outputs = {"sha256": hash_values(texts), **decoder.describe(request)}
    inputs = _inputs(run, decoder.name, asking, request.checkpoint)
    _step(run, asking, request.checkpoint).finish(inputs, outputs)


def _write_prompts(run: Run, decoder: Decoder, asking: Asking) -> None:
    """Keep the prompts as sent, so that a report needs no tokenizer."""
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
