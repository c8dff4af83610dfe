"""The labels of the failure taxonomy with their stages, in the order of the stages.

Labels exclude each other: the first stage that went wrong names the outcome. ``scoring`` says which
label fits a completion; ``extraction_artifact`` alone is given later, by the artefact audit, to a
failure that passes under another extraction rule.

Source: labels and order follow the taxonomies of Dou et al. 2024 (arXiv:2407.06153)
and Wang et al. 2024 (arXiv:2406.08731), with the stages before the run told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PASSED = "passed"
"""The only success."""
UNSCORED = "sandbox_error"
"""Outcome of a completion that the cage could not judge: a fault of ours, not of the model."""
EXTRACTION_ARTIFACT = "extraction_artifact"
"""Outcome of a failure that passes under another extraction rule."""

_LABELS = {
    "infrastructure": (UNSCORED,),
    "generation": ("empty", "decoding_error", "degenerate_loop", "truncated"),
    "extraction": (
        EXTRACTION_ARTIFACT,
        "no_code_found",
        "wrong_entry_point",
        "signature_mismatch",
        "body_missing",
    ),
    "compile": ("indentation_error", "syntax_error"),
    "load": ("import_error", "stdin_read", "top_level_error"),
    "run": (
        "name_error",
        "type_error",
        "lookup_error",
        "value_error",
        "attribute_error",
        "zero_division",
        "recursion_error",
        "other_exception",
    ),
    "answer": ("returned_none", "wrong_answer"),
    "resource": ("unsupported", "timeout", "memory", "crashed", "output_limit"),
    "pass": (PASSED,),
}

OUTCOME_GROUPS: Mapping[str, str] = MappingProxyType(
    {label: group for group, labels in _LABELS.items() for label in labels}
)
"""Stage of each outcome, in the order of the stages."""

GROUPS = tuple(_LABELS)
"""Every stage, in order."""
