"""Checkpoints and a benchmark -> ``samples.jsonl`` of each checkpoint, line by line.

The front door of the stage. A resumed run gives the texts of an uninterrupted one: where a row's
tokens depend on the shape of its batch, rows are decoded in rounds of fixed composition, and one
that a kill cut short is decoded again from its start. Rounds run side by side where the engine
allows it. A line is written as soon as its row is done and never twice; lines stand in the order in
which rows finished. Does not judge completions.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path

from kiyas.errors import PredictionError, RunFolderError
from kiyas.execution.progress import Bar, Progress
from kiyas.prediction.engines import DecodedRow, Engine
from kiyas.prediction.questions import Key, Question, Questions, check_prompts
from kiyas.prediction.rounds import cut_into_rounds, decode_rounds
from kiyas.records import Checkpoint, Completion, Protocol
from kiyas.run_folder import LineWriter, appending_lines, read_completions


@dataclass(frozen=True)
class CheckpointRequest:
    """A checkpoint whose completions are wanted."""

    checkpoint: Checkpoint
    """Which checkpoint."""
    adapter: Path | None
    """Folder of its adapter in PEFT format; None for the untrained base."""
    samples: Path
    """Where its completions are, or are to be."""


@dataclass(frozen=True)
class Answer:
    """A completion that has just been written."""

    request: CheckpointRequest
    """The checkpoint that gave it."""
    completion: Completion
    """What it gave."""
    is_last: bool
    """Whether the checkpoint's completions are now all there."""


def predict_completions(
    requests: Sequence[CheckpointRequest],
    questions: Questions,
    engine: Engine,
    progress: Progress,
) -> Iterator[Answer]:
    """Decode what is missing of each checkpoint's completions, over one engine.

    Nothing happens until the result is iterated; each completion is on disk before it is given.

    Args:
        requests: The checkpoints, all of the engine's base, in the order in which they are decoded.
        questions: What each of them is asked.
        engine: Decodes; leaving early closes it.
        progress: Is shown rows done and tokens a second.

    Yields:
        Each new completion as soon as it is written.

    Raises:
        ModelError: An adapter does not fit the base or changes nothing.
        PredictionError: A prompt leaves no room in the context, or memory is too small.
        RunFolderError: A file cannot be written, or holds answers to other prompts.
    """
    check_prompts(questions, engine.context_tokens)
    missing = {request: _missing(questions, request.samples) for request in requests}
    total = len(requests) * len(questions.rows)
    num_missing = sum(len(keys) for keys in missing.values())
    if not num_missing:
        return
    lacking = [len(missing[request]) for request in requests]
    rounds = cut_into_rounds(
        [item.adapter for item in requests],
        questions.rows,
        [missing[item] for item in requests],
        engine,
    )
    with (
        _Files() as files,
        progress.bar("decoding", total, total - num_missing) as bar,
        closing(decode_rounds(rounds, engine, questions.settings)) as decoding,
    ):
        speed = _Speed(bar)
        stopwatch = _Stopwatch()
        for asked, decoded in decoding:
            request = requests[asked.checkpoint]
            if asked.question.key not in missing[request]:
                continue  # it was there, and was needed beside those that were not
            completion = _completion(questions.protocol, asked.question, decoded, stopwatch.lap())
            lacking[asked.checkpoint] -= 1
            is_last = not lacking[asked.checkpoint]
            files.append(request.samples, completion, is_last=is_last)
            speed.count(completion.num_tokens)
            yield Answer(request, completion, is_last)
    num_answered = num_missing - sum(lacking)
    if num_answered < num_missing:
        raise PredictionError(
            "the engine ended before it had answered every row",
            where=f"engine {engine.name}",
            received=f"{num_answered} answers",
            expected=f"{num_missing} answers",
            next_step="give the same command again: it decodes what is missing",
        )


class _Files:
    """The files of the checkpoints in work, each open from its first line to its last."""

    def __init__(self) -> None:
        self._open: dict[Path, tuple[ExitStack, LineWriter]] = {}

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        for stack, _writer in self._open.values():
            stack.close()

    def append(self, samples: Path, completion: Completion, *, is_last: bool) -> None:
        """Write a completion to disk."""
        if samples not in self._open:
            stack = ExitStack()
            self._open[samples] = stack, stack.enter_context(appending_lines(samples))
        stack, writer = self._open[samples]
        writer.append([asdict(completion)])
        if is_last:
            del self._open[samples]
            stack.close()


class _Stopwatch:
    """Tells the wall seconds since it was last asked."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        elapsed, self._last = now - self._last, now
        return elapsed


class _Speed:
    """Counts rows and tokens and shows tokens a second."""

    def __init__(self, bar: Bar) -> None:
        self._bar, self._started, self._tokens = bar, time.perf_counter(), 0

    def count(self, num_tokens: int) -> None:
        self._tokens += num_tokens
        self._bar.advance()
        seconds = time.perf_counter() - self._started
        if seconds > 0:
            self._bar.note(f"{self._tokens / seconds:.0f} tokens/s")


def _missing(questions: Questions, samples: Path) -> set[Key]:
    """Return the questions that a file does not answer yet."""
    hashes = {
        (completion.task_id, completion.sample): completion.prompt_hash
        for completion in read_completions(samples)
    }
    missing = set()
    for question in questions.rows:
        found = hashes.get(question.key)
        if found is None:
            missing.add(question.key)
        elif found != question.prompt_hash:
            raise RunFolderError(
                f"the completion of {question.task_id} answers another prompt",
                where=str(samples),
                received=f"prompt hash {found}",
                expected=f"prompt hash {question.prompt_hash}",
                next_step="move the folder away to have it made again",
            )
    return missing


def _completion(
    protocol: Protocol, question: Question, decoded: DecodedRow, elapsed_s: float
) -> Completion:
    return Completion(
        task_id=question.task_id,
        sample=question.sample,
        protocol=protocol,
        prompt_hash=question.prompt_hash,
        completion=decoded.text,
        num_tokens=len(decoded.token_ids),
        finish_reason=decoded.finish_reason,
        seconds=round(decoded.seconds, 3),
        elapsed_s=round(elapsed_s, 4),
        is_reused=decoded.is_reused,
    )
