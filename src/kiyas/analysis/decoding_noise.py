"""The probe of decoding -> how much of a score is the batch, and the warning if it is anything.

A verdict that changes when nothing but the batch does is noise beneath every score: a difference
between two checkpoints that is no larger says nothing of them. Decodes and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kiyas.analysis.scored import Setting, count_share
from kiyas.records import Finding
from kiyas.records.decoding_noise import DecodingNoise
from kiyas.records.determinism import DeterminismProbe


def weigh_noise(probe: DeterminismProbe, checkpoint: str, setting: Setting) -> DecodingNoise:
    """Return the probe's shares with their intervals.

    Args:
        probe: What was decoded both ways.
        checkpoint: Label of the checkpoint that answered.
        setting: What all checkpoints share.
    """
    verdicts = probe.num_equal_verdicts
    return DecodingNoise(
        checkpoint=checkpoint,
        engine=probe.engine,
        dtype=probe.dtype,
        equal_texts=count_share(probe.num_equal_texts, probe.num_problems, setting.confidence),
        equal_verdicts=None
        if verdicts is None
        else count_share(verdicts, probe.num_problems, setting.confidence),
    )


def state_noise(noise: DecodingNoise) -> Iterator[Finding]:
    """Yield a warning if a verdict changed with the batch."""
    verdicts = noise.equal_verdicts
    if verdicts is None or verdicts.k == verdicts.n:
        return
    changed = verdicts.n - verdicts.k
    yield Finding(
        "decoding-noise",
        "warning",
        "Verdicts that change when a problem is decoded alone and not in a batch: "
        f"{changed} of {verdicts.n}. A difference between checkpoints of "
        f"{100 * changed / verdicts.n:.1f} points or less may be the batch's doing.",
        {"k": changed, "n": verdicts.n},
    )
