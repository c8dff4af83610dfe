"""Checkpoints and reference solutions -> how likely each checkpoint finds each solution.

One forward pass a batch, no cache: hidden states of whole rows, scores over the vocabulary of the
solution's tokens alone. Batches have a fixed composition, because in low precision a row's numbers
depend on the shape of its batch: a batch that a kill cut short is done again whole. Decodes nothing
and writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from kiyas.errors import ModelError
from kiyas.models import Base, autocast, render_solution
from kiyas.prediction.checkpoint_loading import load_checkpoint
from kiyas.records import Problem, Protocol
from kiyas.records.soft_outcomes import SolutionLikelihood

_MAX_TOKENS = 2048
"""Tokens of one forward pass, padding included: enough to fill a processor."""
_MAX_SCORED_TOKENS = 512
"""Scored tokens of one forward pass: with 150,000 words their scores take 300 MB."""


@dataclass(frozen=True)
class Solution:
    """A reference solution as token ids, behind its prompt."""

    task_id: str
    """Problem that it solves."""
    token_ids: tuple[int, ...]
    """Prompt and solution."""
    num_prompt_tokens: int
    """Leading tokens that are read and not scored."""

    @property
    def num_scored(self) -> int:
        """Return the number of the solution's own tokens."""
        return len(self.token_ids) - self.num_prompt_tokens


def render_solutions(base: Base, problems: Sequence[Problem], protocol: Protocol) -> list[Solution]:
    """Return the solutions that the base has room for; problems without a solution are left out.

    Raises:
        ModelError: A chat protocol, and the base has no chat template.
    """
    positions = base.context_tokens
    solutions = []
    for problem in problems:
        rendered = render_solution(base, problem, protocol)
        has_room = positions is None or len(rendered.token_ids) <= positions
        if rendered.num_trained_tokens and rendered.num_prompt_tokens and has_room:
            solutions.append(
                Solution(problem.task_id, rendered.token_ids, rendered.num_prompt_tokens)
            )
    return solutions


def rate_checkpoint(
    base: Base, adapter: Path | None, solutions: Sequence[Solution], done: Collection[str] = ()
) -> Iterator[list[SolutionLikelihood]]:
    """Yield how likely a checkpoint finds the solutions, batch by batch, the shortest first.

    Args:
        base: The loaded base; it stays bare.
        adapter: Folder of the adapter in PEFT format; None for the untrained base.
        solutions: All solutions; they alone decide what is in a batch.
        done: Task ids that are known already; a batch that holds no others is left out.

    Raises:
        ModelError: The adapter does not fit the base or changes nothing, or the model has no head.
    """
    waiting = [
        batch for batch in _batches(solutions) if any(one.task_id not in done for one in batch)
    ]
    if not waiting:
        return
    model = base.model
    if adapter is not None:
        model = load_checkpoint(base, adapter, waiting[0][0].token_ids)
    for batch in waiting:
        rated = _rate(base, model, batch)
        yield [one for one in rated if one.task_id not in done]


def _batches(solutions: Sequence[Solution]) -> Iterator[list[Solution]]:
    batch: list[Solution] = []
    for one in sorted(solutions, key=lambda one: (len(one.token_ids), one.task_id)):
        num_scored = sum(item.num_scored for item in (*batch, one))
        is_full = (len(batch) + 1) * len(one.token_ids) > _MAX_TOKENS
        if batch and (is_full or num_scored > _MAX_SCORED_TOKENS):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


@torch.inference_mode()
def _rate(
    base: Base, model: PreTrainedModel, batch: Sequence[Solution]
) -> list[SolutionLikelihood]:
    width = max(len(one.token_ids) for one in batch)
    # Padding on the right is causally invisible, so no mask is needed.
    padded = [
        [*one.token_ids, *[one.token_ids[-1]] * (width - len(one.token_ids))] for one in batch
    ]
    ids = torch.tensor(padded, device=base.device)
    # The score of a token is read at the token before it.
    rows = [row for row, one in enumerate(batch) for _ in range(one.num_scored)]
    places = [
        place for one in batch for place in range(one.num_prompt_tokens - 1, len(one.token_ids) - 1)
    ]
    at = torch.tensor(rows, device=base.device), torch.tensor(places, device=base.device)
    with autocast(base), _head_sees_only(model, at):
        logits = model(input_ids=ids, use_cache=False).logits[0]
    losses = nn.functional.cross_entropy(logits.float(), ids[at[0], at[1] + 1], reduction="none")
    parts = losses.double().split([one.num_scored for one in batch])
    return [
        SolutionLikelihood(one.task_id, -part.mean().item(), one.num_scored)
        for one, part in zip(batch, parts, strict=True)
    ]


@contextmanager
def _head_sees_only(
    model: PreTrainedModel, at: tuple[torch.Tensor, torch.Tensor]
) -> Iterator[None]:
    """Hand the head the hidden states of some places, [1, N, D], and not of all, [B, T, D].

    What a model does to its scores after the head, such as capping them, is still done.

    Raises:
        ModelError: The model names no head.
    """
    head = model.get_output_embeddings()
    if not isinstance(head, nn.Module):
        raise ModelError(
            "the likelihood of a text cannot be had of this kind of model: it names no head",
            where=f"model {type(model).__name__}",
            expected="a causal LM with output embeddings",
            next_step="set `predict.reference_likelihood: false`",
        )
    handle = head.register_forward_pre_hook(lambda _, inputs: (inputs[0][at].unsqueeze(0),))
    try:
        yield
    finally:
        handle.remove()
