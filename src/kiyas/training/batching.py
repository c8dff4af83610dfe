"""The rows of one optimiser step -> micro-batches of like length; no torch.

How a step is cut changes its speed and memory only: losses are summed over its micro-batches and
divided by the trained tokens of the whole step.
"""

from __future__ import annotations

from collections.abc import Sequence


def cut_into_micro_batches(lengths: Sequence[int], *, token_budget: int) -> list[list[int]]:
    """Group rows by length so that no group, padded to its longest row, exceeds the budget.

    Args:
        lengths: Tokens of each row.
        token_budget: Tokens of a group, padding included; a longer row is a group of its own.

    Returns:
        Indices into ``lengths``, each exactly once; longest group first, so that memory that does
        not suffice shows at once.
    """
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        group = groups[-1] if groups else None
        if group is not None and lengths[group[0]] * (len(group) + 1) <= token_budget:
            group.append(index)
        else:
            groups.append([index])
    return groups
