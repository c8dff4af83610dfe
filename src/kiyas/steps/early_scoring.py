"""Checkpoints that are being decoded -> verdicts on those that are finished, meanwhile.

A thread with a cage of its own judges them. It only saves time: where it stops, for whatever
reason, ``steps.score`` goes on, and an outcome that a busy machine can bring about by itself is
left to it. So scores are those of scoring afterwards, which is what other executors do.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from contextvars import copy_context
from threading import Event
from types import TracebackType

from kiyas.errors import ScoringError
from kiyas.languages import gettext as _
from kiyas.records import Score
from kiyas.sandbox import Cage
from kiyas.steps.askings import Reading
from kiyas.steps.predict import predict_checkpoints
from kiyas.steps.run import Run
from kiyas.steps.score import (
    begin_scoring,
    completions_of,
    finish_scoring,
    judge_missing,
    open_cage,
    read_scores,
    score_checkpoints,
    scoring_title,
)

_OUTCOMES_OF_LOAD = ("timeout", "sandbox_error")
"""What a program can come to only because others had the processor."""


def predict_and_score(run: Run) -> list[str]:
    """Decode and judge what is missing, side by side; return the titles of what was worked on."""
    # A single checkpoint is finished when there is nothing left to decode beside it.
    if not run.executor.is_local or len(run.jobs.checkpoints) == 1:
        return [*predict_checkpoints(run), *score_checkpoints(run)]
    with _EarlyScoring(run) as early:
        predicted = predict_checkpoints(run, on_finished=early.take)
    return [*predicted, *early.titles, *score_checkpoints(run)]


class _EarlyScoring:
    """A thread that judges finished checkpoints one after another, until it is left."""

    def __init__(self, run: Run) -> None:
        self.titles: list[str] = []
        self._run = run
        self._is_over = Event()
        self._thread = ThreadPoolExecutor(1, "early-scoring")
        self._work: list[Future[None]] = []
        self._open = ExitStack()
        self._cage: Cage | None = None

    def __enter__(self) -> _EarlyScoring:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        # The kernel ends the cage's processes with the thread that started them.
        self._work.append(self._thread.submit(self._open.close))
        self._thread.shutdown(wait=True)
        if error is None:
            for work in self._work:
                work.result()

    def take(self, reading: Reading) -> None:
        """Judge a reading whose completions are all there, when its turn comes."""
        context = copy_context()  # holds the language; a new thread would speak English
        self._work.append(self._thread.submit(lambda: context.run(self._judge, reading)))

    def _judge(self, reading: Reading) -> None:
        if self._is_over.is_set():
            return
        try:
            self._judge_in_cage(reading)
        except ScoringError:
            return  # if it was not the load, it comes again afterwards, and is told

    def _judge_in_cage(self, reading: Reading) -> None:
        if self._cage is None:
            self._cage = self._open.enter_context(open_cage(self._run))
        if self._is_over.is_set() or not begin_scoring(self._run, reading):
            return
        with closing(judge_missing(self._run, reading, self._cage, self._keeps)) as judging:
            for _score in judging:
                if self._is_over.is_set():
                    return
        scores = read_scores(self._run, reading.checkpoint)
        num_left = len(completions_of(self._run, reading.checkpoint)) - len(scores)
        if not num_left:
            finish_scoring(self._run, reading, self._cage)
            self.titles.append(scoring_title(self._run, reading))
        self._tell(reading, sum(score.passed for score in scores), len(scores), num_left)

    def _keeps(self, score: Score) -> bool:
        """Return whether an outcome would be the same on an idle machine."""
        has_time_left = score.seconds < self._run.study.score.timeout_s
        return score.passed or (has_time_left and score.outcome not in _OUTCOMES_OF_LOAD)

    def _tell(self, reading: Reading, num_passed: int, num_judged: int, num_left: int) -> None:
        text = _("{checkpoint}: {num_passed}/{num_judged} passed")
        if num_left:
            text = _("{checkpoint}: {num_passed}/{num_judged} passed, {num_left} judged later")
        self._run.progress.say(
            text.format(
                checkpoint=reading.checkpoint.label,
                num_passed=num_passed,
                num_judged=num_judged,
                num_left=num_left,
            )
        )
