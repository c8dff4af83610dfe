"""The frozen record of the probe of decoding: the same prompts, alone and in a batch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from kiyas.records.code import Completion


@dataclass(frozen=True)
class DeterminismProbe:
    """The same prompts, alone and in a batch."""

    engine: str
    """Engine that decoded."""
    dtype: str
    """Precision that it decoded in."""
    num_problems: int
    """Problems decoded both ways."""
    num_equal_texts: int
    """Those whose two texts are equal to the letter."""
    differing: tuple[Completion, ...]
    """The texts decoded alone that are not those of the batch, to be judged as well."""
    num_equal_verdicts: int | None = None
    """Problems with equal outcomes both ways; None until they are judged."""
    judged_by: str | None = None
    """Hash of the tests and limits that differing texts were judged by; None until they are."""

    def to_dict(self) -> dict[str, Any]:
        """Return the probe as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DeterminismProbe:
        """Return a probe that was written as plain values."""
        differing = tuple(Completion(**completion) for completion in values["differing"])
        return cls(**{**values, "differing": differing})
