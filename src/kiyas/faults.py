"""Text of a fault, which is English -> the language that was chosen, by its pattern.

Whoever shows a fault says it: ``error.tell(say_fault)``. Patterns are the messages of the domain
``faults``, which ``scripts/update_catalogues.py`` reads from the source wherever a fault is made.
What stands at a place is a value and stays as it is, unless its name says that it is a phrase. A
text that fits no pattern stays English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from kiyas.languages import ENGLISH, load_messages, spoken
from kiyas.patterns import fit, num_literal

UNITS = (
    *("row", "rows", "line", "item", "label", "labels", "problem", "problems", "sample", "samples"),
    *("arm", "seed", "checkpoint"),
)
"""Words that are said at places only: alone, such a word is somebody's name of a column."""
_PHRASES = frozenset("expected fault feature message messages strerror unit what words".split())
"""Places for what kiyas itself says, or the operating system."""
_CHOICES = "any_of"
"""The place for a list of values with ``or`` before the last."""
_ALTERNATIVE = ", or "
_SURE = 8
"""Signs of its own from which a pattern fits for sure; a shorter one must hold plain values."""
_PLAIN = re.compile(r"\S+(?:, \S+)*")
_MAY_HAVE_SPACES = _PHRASES | {_CHOICES, "file", "path", "source"}


def say_fault(text: str) -> str:
    """Return a text of a fault, a warning of a table or a part of one in the chosen language."""
    if spoken() == ENGLISH or text in UNITS:
        return text
    messages = _messages(spoken())
    known = _translate(text, messages)
    return _choices(text, messages) if known is None else known


@cache
def _messages(code: str) -> Mapping[str, str]:
    """Return the translations by pattern, the surest pattern first."""
    messages = load_messages("faults", code)
    return {key: messages[key] for key in sorted(messages, key=num_literal, reverse=True)}


def _translate(text: str, messages: Mapping[str, str]) -> str | None:
    for pattern, translation in messages.items():
        places = fit(pattern, text)
        if places is not None and _is_sure(pattern, places):
            said = {place: _say_place(place, value, messages) for place, value in places.items()}
            return translation % said
    return _alternatives(text, messages)


def _is_sure(pattern: str, places: Mapping[str, str]) -> bool:
    """Return whether a pattern fits by what it says, not by chance: ``no %(name)s`` fits much."""
    if _ALTERNATIVE in places.get(_CHOICES, ""):
        return False
    return num_literal(pattern) >= _SURE or all(
        place in _MAY_HAVE_SPACES or _PLAIN.fullmatch(value) for place, value in places.items()
    )


def _alternatives(text: str, messages: Mapping[str, str]) -> str | None:
    """Return what a key of several types is told, if every part of it is known."""
    parts = text.split(_ALTERNATIVE)
    if len(parts) == 1:
        return None
    said = [_translate(part, messages) for part in parts]
    known = [part for part in said if part is not None]
    joint = messages.get(_ALTERNATIVE, _ALTERNATIVE)
    return joint.join(known) if len(known) == len(parts) else None


def _say_place(place: str, value: str, messages: Mapping[str, str]) -> str:
    if place in _PHRASES:
        return _translate(value, messages) or value
    return value.replace(" or ", messages.get(" or ", " or ")) if place == _CHOICES else value


def _choices(text: str, messages: Mapping[str, str]) -> str:
    """Return ``en or tr`` with its word between single values said."""
    parts = text.split(" or ")
    is_list = all(part and " " not in part for part in parts)
    return messages.get(" or ", " or ").join(parts) if is_list else text
