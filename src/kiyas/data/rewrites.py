r"""The text of a mathematics problem -> the same problem in other words, or None.

Each rewrite keeps the topic and the mathematics: it changes letters, notation or the wording of
the instruction, never a quantity, a relation or what is asked. It gives None where it does not
apply or where it cannot be sure: a rewrite that is missing costs nothing, a wrong one teaches a
falsehood. Knows English and Turkish.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from kiyas.data.math_notation import MATH, map_parts, rename_variables, swap_notation

Rewrite = Callable[[str, np.random.Generator], str | None]
"""Takes a text and a random generator; returns the rewritten text, or None."""

_TURKISH = re.compile(
    r"[ğışĞİŞ]|\b(bulunuz|bulun|nedir|olmak|olan|bir|ve|veya|ile|hesaplay\w+|\w+t[ıi]r)\b"
)

_SENTENCE = r"(?P<before>^|[.!?;]\s+|\n)"

_ENGLISH_OPENINGS: tuple[tuple[str, ...], ...] = (
    ("Find", "Determine"),
    ("Compute", "Calculate"),
    ("Prove that", "Show that"),
    ("Verify that", "Check that"),
    ("Suppose that", "Assume that"),
    ("Solve the equation", "Find all solutions of the equation"),
    ("Give an example of", "Find an example of"),
    ("Explain why", "Give a reason why"),
)
"""Openings of a sentence that may stand for one another."""

_TURKISH_ENDINGS: tuple[tuple[str, ...], ...] = (
    ("bulunuz", "belirleyiniz", "bulun"),
    ("hesaplayınız", "hesaplayın"),
    ("gösteriniz", "kanıtlayınız", "ispatlayınız"),
    ("çözünüz", "çözün"),
    ("açıklayınız", "açıklayın"),
    ("yazınız", "yazın"),
)
"""Final verbs that may stand for one another."""

_ADDED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": ("Justify your answer.", "Explain each step.", "Show all your work."),
        "tr": (
            "Cevabınızı gerekçelendiriniz.",
            "Her adımı açıklayınız.",
            "Çözümünüzü ayrıntılı olarak yazınız.",
        ),
    }
)
"""Closing sentences that ask for nothing else."""

_ASKS_FOR_REASONS = re.compile(r"[Jj]ustify|[Ee]xplain|[Ss]how all|gerekçe|[Aa]çıkla|ayrıntılı")

_NUMBER_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        "tr": ("iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz", "on"),
    }
)
"""Words for 2 to 10; Turkish ``on`` is never read back as 10."""


def paraphrase_instruction(text: str, random: np.random.Generator) -> str | None:
    """Say the instruction in other words: ``Find`` as ``Determine``, ``bulunuz`` as ``bulun``."""
    found = _paraphrase_turkish(text) if is_turkish(text) else _paraphrase_english(text)
    return found[int(random.integers(len(found)))] if found else None


def add_instruction(text: str, random: np.random.Generator) -> str | None:
    """Add a closing sentence that asks for reasons, if the text ends like a sentence."""
    sentences = _ADDED["tr" if is_turkish(text) else "en"]
    if not text.endswith((".", "?", "!")) or _ASKS_FOR_REASONS.search(text):
        return None
    return f"{text} {sentences[int(random.integers(len(sentences)))]}"


def spell_numbers(text: str, random: np.random.Generator) -> str | None:
    """Write small numbers before a noun as words, or such words as digits; never in formulas."""
    del random  # the same signature for every rewrite
    turkish = is_turkish(text)
    words = _NUMBER_WORDS["tr" if turkish else "en"]
    digits = {str(number): word for number, word in enumerate(words, start=2)}
    spelt = _outside_math(
        text,
        rf"(?<![\w.,:^/+=*(<>\-])(?<![=+*/<>\-] )({'|'.join(digits)})(?= [a-zçğıöşü]{{3,}})",
        lambda match: digits[match[1]],
    )
    if spelt != text:
        return spelt
    numbers = {word: digit for digit, word in digits.items() if word != "on"}
    counted = _outside_math(
        text,
        rf"(?<![\w\-])({'|'.join(numbers)})(?= (?!of\b)[a-zçğıöşü]{{3,}})",
        lambda match: numbers[match[1]],
    )
    return counted if counted != text else None


REWRITES: Mapping[str, Rewrite] = MappingProxyType(
    {
        "rename-variables": rename_variables,
        "swap-notation": swap_notation,
        "paraphrase-instruction": paraphrase_instruction,
        "spell-numbers": spell_numbers,
        "add-instruction": add_instruction,
    }
)
"""Every rewrite by name."""


def is_turkish(text: str) -> bool:
    """Return whether a problem is in Turkish rather than English."""
    return _TURKISH.search(MATH.sub(" ", text)) is not None


def _paraphrase_english(text: str) -> list[str]:
    found = []
    for openings in _ENGLISH_OPENINGS:
        for opening in openings:
            pattern = re.compile(rf"{_SENTENCE}{opening}\b")
            if pattern.search(text):
                found += [
                    pattern.sub(rf"\g<before>{other}", text, count=1)
                    for other in openings
                    if other != opening
                ]
    question = re.compile(rf"{_SENTENCE}What is the (?P<asked>[^?.!]+)\?")
    if question.search(text):
        found += [
            question.sub(rf"\g<before>{verb} the \g<asked>.", text, count=1)
            for verb in ("Find", "Determine")
        ]
    let = re.compile(rf"{_SENTENCE}Let (?P<name>\$[A-Za-z]\$|[A-Z]) be (?=an?\b|the\b)")
    if let.search(text):
        found.append(let.sub(r"\g<before>Suppose that \g<name> is ", text, count=1))
    return found


def _paraphrase_turkish(text: str) -> list[str]:
    found = []
    for endings in _TURKISH_ENDINGS:
        for ending in endings:
            pattern = re.compile(rf"\b{ending}(?=[.!])")
            if pattern.search(text):
                found += _replace_each(pattern, [e for e in endings if e != ending], text)
    return found


def _replace_each(pattern: re.Pattern[str], others: Sequence[str], text: str) -> list[str]:
    return [pattern.sub(other, text) for other in others]


def _outside_math(text: str, pattern: str, replace: Callable[[re.Match[str]], str]) -> str:
    compiled = re.compile(pattern)
    return map_parts(
        text,
        of_formula=lambda formula: formula,
        of_words=lambda words: compiled.sub(replace, words),
    )
