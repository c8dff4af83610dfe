"""Statements of the analysis, which are English -> the reader's language, sentence by sentence.

The patterns of ``sentences`` have named places, filled with what stood there. A statement of which
one sentence fits no pattern stays English as a whole, and is marked as English, so that a screen
reader speaks it right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kiyas.patterns import fit
from kiyas.records import Finding
from kiyas.report.languages import Language
from kiyas.report.sentences import SENTENCES

_BETWEEN_SENTENCES = re.compile(r"(?<=\.) (?=[A-Z])")
_PERCENT = re.compile(r"(?<![\w./-])(\d+(?:\.\d+)?) %")
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\d.])")
_NO_INTERVAL = "[–]"
_NO_ENDS = re.compile(r"\[–\W+–\]")
_DECIMAL = re.compile(r"(?<![\w./:+-])([-+]?\d+)\.(\d+)(?![\w./]*\w)")

_NAMED = frozenset(
    "arm arms trial trials first second base model file token classes point points tasks".split()
)
"""Places for what the study has named: an arm may be called like a word of the report."""


@dataclass(frozen=True)
class Statement:
    """A finding as the report says it."""

    severity: str
    """``alarm``, ``warning`` or ``note``."""
    text: str
    """What was found."""
    numbers: Mapping[str, float | int | str | None]
    """The numbers behind it, by name."""
    language: str
    """Code of the language that the text is in."""


def restate(findings: Sequence[Finding], language: Language) -> tuple[Statement, ...]:
    """Return the findings in the reader's language as far as it has the sentences."""
    return tuple(_restate(finding, language) for finding in findings)


def _restate(finding: Finding, language: Language) -> Statement:
    sentences = _BETWEEN_SENTENCES.split(finding.text)
    told = [translate_sentence(sentence, language) for sentence in sentences]
    known = [sentence for sentence in told if sentence is not None]
    if language.code == "en" or len(known) < len(told):
        return Statement(finding.severity, finding.text, finding.numbers, "en")
    return Statement(finding.severity, " ".join(known), finding.numbers, language.code)


def translate_sentence(sentence: str, language: Language) -> str | None:
    """Return a sentence in the reader's language; None if no pattern fits it."""
    # Every pattern has two ends to an interval: one that is undefined gets two for the time.
    sentence = sentence.replace(_NO_INTERVAL, "[–, –]")
    for pattern in SENTENCES:
        places = fit(pattern, sentence)
        translation = language.catalogue.gettext(pattern)
        if places is not None and translation != pattern:
            told = translation % {
                place: _write(place, text, language) for place, text in places.items()
            }
            return _NO_ENDS.sub(_NO_INTERVAL, told)
    return None


def _write(place: str, text: str, language: Language) -> str:
    """Return what stands at a place: a known word translated, numbers as the language has them."""
    if place in _NAMED:
        return text
    numbers = language.numbers
    word = language.catalogue.gettext(text) if text else text
    word = _THOUSANDS.sub(lambda found: numbers.count(int(found[0].replace(",", ""))), word)
    word = _PERCENT.sub(lambda found: numbers.percent.format(found[1]), word)
    return _DECIMAL.sub(rf"\g<1>{numbers.decimal_mark}\g<2>", word)
