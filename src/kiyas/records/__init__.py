"""The frozen records that pass between stages; plain values only, no behaviour beyond reading.

One idea a record. A stage takes records and returns records, so every arrow of the flow can be
written to disk, read back and tested without the stage before it. Nothing here reads files.

Shapes in comments: N problems or items, K completions a problem, C classes. The records of a code
study can be had from here; those of classification, of files and of each analysis from their own
modules.
"""

from kiyas.records.code import (
    BASE_STEP,
    Benchmark,
    Checkpoint,
    CheckpointScore,
    CodeFindings,
    Comparison,
    Completion,
    Example,
    Extraction,
    Finding,
    Problem,
    Score,
    Trial,
)
from kiyas.records.code_audit import StudyAudit
from kiyas.records.measures import FinishReason, Proportion, Protocol
from kiyas.records.trajectory import Trajectory

__all__ = [
    "BASE_STEP",
    "Benchmark",
    "Checkpoint",
    "CheckpointScore",
    "CodeFindings",
    "Comparison",
    "Completion",
    "Example",
    "Extraction",
    "Finding",
    "FinishReason",
    "Problem",
    "Proportion",
    "Protocol",
    "Score",
    "StudyAudit",
    "Trajectory",
    "Trial",
]
