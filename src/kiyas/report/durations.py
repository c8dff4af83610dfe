"""Seconds -> a length of time in two units at most, as the reader's language writes it."""

from __future__ import annotations

from kiyas.report.languages import Language
from kiyas.report.numbers import DASH


def write_duration(seconds: float | None, language: Language) -> str:
    """Return such as ``0.42 s``, ``12.3 s``, ``4 min 12 s`` or ``1 h 23 min``; a dash for None.

    Its spaces do not break: a length of time stays on one line of a narrow cell.
    """
    return DASH if seconds is None else _write(seconds, language).replace(" ", "\u00a0")


def _write(seconds: float, language: Language) -> str:
    _, numbers = language.catalogue.gettext, language.numbers
    if round(seconds, 1) < 60:
        return _("%s s") % numbers.decimal(seconds, 1 if seconds >= 1 or not seconds else 2)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(round(seconds / 60), 60)
    return _("%(hours)s h %(minutes)s min") % {"hours": numbers.count(hours), "minutes": minutes}
