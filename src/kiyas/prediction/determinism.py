"""Completions of a batch -> the same prompts decoded alone: how much of a score is the batch?

In low precision a row's tokens may depend on the rows beside it: a score then moves a little when
nothing but the batch changes. A probe decodes a few problems once more, each alone, and counts the
equal texts; verdicts are compared where programs are judged. A difference between two checkpoints
that is no larger than this noise says nothing. Does not measure other machines or versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kiyas.prediction.engines import Engine
from kiyas.prediction.questions import Question, Questions
from kiyas.prediction.rounds import Asked, decode_rounds
from kiyas.records import Completion
from kiyas.records.determinism import DeterminismProbe


def probe_determinism(
    questions: Questions,
    in_batch: Sequence[Completion],
    engine: Engine,
    *,
    dtype: str,
    num_problems: int,
    adapter: Path | None = None,
) -> DeterminismProbe:
    """Decode some problems alone and compare them with the texts of the batch.

    Args:
        questions: What was asked.
        in_batch: What the checkpoint answered, decoded together.
        engine: The engine that decoded them, without a cache.
        dtype: Precision, for the record.
        num_problems: Problems to decode again, evenly spaced; their first sample.
        adapter: The checkpoint's adapter; None for the base.
    """
    texts = {(found.task_id, found.sample): found for found in in_batch}
    chosen = _evenly_spaced([one for one in questions.rows if one.key in texts], num_problems)
    rounds = [[Asked(adapter, 0, question)] for question in chosen]
    differing = []
    for asked, decoded in decode_rounds(rounds, engine, questions.settings):
        together = texts[asked.question.key]
        if (decoded.text, decoded.finish_reason) != (
            together.completion,
            together.finish_reason,
        ):
            differing.append(
                Completion(
                    task_id=together.task_id,
                    sample=together.sample,
                    protocol=together.protocol,
                    prompt_hash=together.prompt_hash,
                    completion=decoded.text,
                    num_tokens=len(decoded.token_ids),
                    finish_reason=decoded.finish_reason,
                    seconds=round(decoded.seconds, 3),
                )
            )
    return DeterminismProbe(
        engine=engine.name,
        dtype=dtype,
        num_problems=len(chosen),
        num_equal_texts=len(chosen) - len(differing),
        differing=tuple(sorted(differing, key=lambda found: (found.task_id, found.sample))),
    )


def count_equal_verdicts(
    probe: DeterminismProbe, in_batch: dict[tuple[str, int], str], alone: dict[tuple[str, int], str]
) -> int:
    """Return the problems whose outcome is the same alone and in the batch.

    Args:
        probe: The probe.
        in_batch: Outcomes of the batch's texts, by problem and sample.
        alone: Outcomes of ``probe.differing``, by problem and sample; equal texts have equal ones.
    """
    changed = [
        found
        for found in probe.differing
        if alone[found.task_id, found.sample] != in_batch[found.task_id, found.sample]
    ]
    return probe.num_problems - len(changed)


def _evenly_spaced(questions: Sequence[Question], count: int) -> list[Question]:
    first = [question for question in questions if question.sample == 0]
    count = min(count, len(first))
    return [first[index * len(first) // count] for index in range(count)]
