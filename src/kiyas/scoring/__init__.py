"""Completions -> scores: extraction, the cage's verdict, outcome. Door: ``score_completions``."""

from kiyas.scoring.code import Judge, check_canonical, score_completions
from kiyas.scoring.extraction import EXTRACTION_VERSION, extract_code, find_end
from kiyas.scoring.extraction_rules import EXTRACTION_RULES
from kiyas.scoring.outcomes import OUTCOME_GROUPS, name_outcome

__all__ = [
    "EXTRACTION_RULES",
    "EXTRACTION_VERSION",
    "OUTCOME_GROUPS",
    "Judge",
    "check_canonical",
    "extract_code",
    "find_end",
    "name_outcome",
    "score_completions",
]
