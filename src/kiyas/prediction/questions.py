"""Benchmark, protocol and settings -> what is asked: prompts, seeds and stop rules.

The same for every checkpoint of a base, so that arms differ in nothing but their weights. Decodes
nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from kiyas.config.prediction import PredictSettings
from kiyas.errors import PredictionError
from kiyas.models import Base, render_problem, stop_token_ids
from kiyas.prediction.engines import DecodingSettings, RowEnd
from kiyas.prediction.stop_rules import STOP_STRINGS
from kiyas.records import Benchmark, Problem, Protocol

Key = tuple[str, int]
"""Problem and sample of a completion."""


@dataclass(frozen=True)
class EndRule:
    """A rule that says where an answer is complete."""

    name: str
    """Its name and version: answers depend on it."""
    find_end: Callable[[Problem, str, Protocol, str], int | None]
    """Problem, text or its beginning, protocol, prompt as sent -> characters that are all that was
    asked for."""


@dataclass(frozen=True)
class Question:
    """One completion that is wanted."""

    task_id: str
    """Problem that is asked."""
    sample: int
    """0-based index among the K completions of the problem."""
    prompt_ids: tuple[int, ...]
    """The prompt as token ids."""
    prompt_hash: str
    """SHA-256 of the prompt's token ids, in hex."""
    seed: int
    """Seed of sampling: by study, problem and sample, the same in every arm."""
    end: RowEnd | None = None
    """Where its answer is complete, if the study stops there."""

    @property
    def key(self) -> Key:
        """Return what tells the question from others."""
        return self.task_id, self.sample


@dataclass(frozen=True)
class Questions:
    """Everything that a checkpoint is asked."""

    protocol: Protocol
    """How problems are put to the model."""
    rows: tuple[Question, ...]
    """N problems times K samples, problem by problem."""
    settings: DecodingSettings
    """How the answers are decoded."""


def ask(
    base: Base,
    benchmark: Benchmark,
    protocol: Protocol,
    predict: PredictSettings,
    end_rule: EndRule | None = None,
) -> Questions:
    """Render every problem and say how it is to be answered.

    Args:
        base: Whose tokens and chat template are used.
        benchmark: The problems.
        protocol: How they are put.
        predict: How they are answered.
        end_rule: What ``predict.stop_when_complete`` goes by.

    Raises:
        ModelError: A chat protocol, and the base has no chat template.
    """
    rule = end_rule if predict.stop_when_complete else None
    rows = []
    for problem in benchmark.problems:
        prompt = render_problem(base, problem, protocol)
        end = None if rule is None else _end_of(rule, problem, protocol, prompt.text)
        for sample in range(predict.num_samples):
            seed = _seed(predict.seed, problem.task_id, sample)
            rows.append(Question(problem.task_id, sample, prompt.token_ids, prompt.hash, seed, end))
    settings = DecodingSettings(
        max_new_tokens=predict.max_new_tokens,
        end_token_ids=frozenset(stop_token_ids(base, protocol)),
        stop_strings=(*STOP_STRINGS[protocol], *(predict.stop_strings or ())),
        temperature=predict.temperature,
        top_p=predict.top_p,
    )
    return Questions(protocol, tuple(rows), settings)


def check_prompts(questions: Questions, context: int | None) -> None:
    """Refuse questions whose prompt leaves no room for an answer.

    Args:
        questions: What is asked.
        context: Tokens that prompt and answer may have together; None if unlimited.

    Raises:
        PredictionError: One does; names it.
    """
    for question in questions.rows:
        if context is not None and len(question.prompt_ids) >= context:
            raise PredictionError(
                "the prompt leaves no room in the model's context",
                where=f"problem {question.task_id}, protocol {questions.protocol}",
                received=f"{len(question.prompt_ids)} tokens",
                expected=f"fewer than {context}",
                next_step="leave the problem out, or take a base with a longer context",
            )


def _end_of(rule: EndRule, problem: Problem, protocol: Protocol, prompt: str) -> RowEnd:
    """Return where an answer to a prompt, as it was sent, is complete."""

    def find(text: str) -> int | None:
        return rule.find_end(problem, text, protocol, prompt)

    return RowEnd((rule.name, protocol, problem.entry_point, problem.prompt), find)


def _seed(study_seed: int, task_id: str, sample: int) -> int:
    digest = hashlib.sha256(f"{study_seed}\n{task_id}\n{sample}".encode()).digest()
    return int.from_bytes(digest[:8], "big")
