"""One completion -> the program that each single rule of other harnesses gives, for the audit.

These rules are here to be compared, not to be used: none of them validates, and ``stripped`` is
the defect that turns good continuations into syntax errors. ``validated`` is kiyas's own.

Sources: as-is, human-eval ``execution.py`` (6d43fb98) and lm-eval ``humaneval`` (4e7e0d47);
stripped, lm-eval ``models/utils.py:960`` and OpenCompass ``postprocess_v2`` (a5acc4bb); first
fence, inspect and OpenCompass; last fence, OpenCompass v3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from kiyas.records import Extraction, Problem, Protocol
from kiyas.scoring.extraction import extract_code
from kiyas.scoring.markdown import find_fences, split_thinking

ExtractionRule = Callable[[Problem, str, Protocol], Extraction]


def take_as_is(problem: Problem, completion: str, protocol: Protocol) -> Extraction:
    """Join the completion to the prompt."""
    del protocol
    return Extraction(problem.prompt + completion, "as-is")


def take_stripped(problem: Problem, completion: str, protocol: Protocol) -> Extraction:
    """Join the completion to the prompt without its leading white space."""
    del protocol
    return Extraction(problem.prompt + completion.lstrip(), "stripped")


def take_first_fence(problem: Problem, completion: str, protocol: Protocol) -> Extraction:
    """Join the first fence to the prompt; the completion as it is if there is no fence."""
    return Extraction(problem.prompt + _fence(completion, protocol, 0), "first-fence")


def take_last_fence(problem: Problem, completion: str, protocol: Protocol) -> Extraction:
    """Join the last fence to the prompt; the completion as it is if there is no fence."""
    return Extraction(problem.prompt + _fence(completion, protocol, -1), "last-fence")


def take_after_thinking(problem: Problem, completion: str, protocol: Protocol) -> Extraction:
    """Join the last fence after the thinking to the prompt; all that follows if there is none."""
    thinking, answer = split_thinking(completion)
    text = _fence(answer, "chat" if thinking else protocol, -1)
    return Extraction(problem.prompt + text, "after-thinking")


def _fence(text: str, protocol: Protocol, index: int) -> str:
    """Return one fence; a whole function in it simply defines the entry point anew."""
    fences = find_fences(text, is_open=protocol == "chat-prefill")
    return fences[index].text if fences else text


EXTRACTION_RULES: Mapping[str, ExtractionRule] = MappingProxyType(
    {
        "as-is": take_as_is,
        "stripped": take_stripped,
        "first-fence": take_first_fence,
        "last-fence": take_last_fence,
        "after-thinking": take_after_thinking,
        "validated": extract_code,
    }
)
"""Rules by the name that the audit prints."""
