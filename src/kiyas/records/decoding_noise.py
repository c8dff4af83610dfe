"""The frozen record of how much of a score is the batch that it was decoded in."""

from __future__ import annotations

from dataclasses import dataclass

from kiyas.records.measures import Proportion


@dataclass(frozen=True)
class DecodingNoise:
    """The same prompts decoded alone and in a batch: what differs is no model's doing."""

    checkpoint: str
    """Label of the checkpoint that answered, an untrained base."""
    engine: str
    """Engine that decoded."""
    dtype: str
    """Precision that it decoded in."""
    equal_texts: Proportion
    """Problems whose two texts are equal to the letter, of those decoded both ways."""
    equal_verdicts: Proportion | None
    """Problems with the same outcome both ways; None until the texts are judged."""
