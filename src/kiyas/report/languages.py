"""Language code -> the report's messages and number format; front door: ``load_language``.

English texts are the message ids, and a language is its folder of ``kiyas/locale`` (see
``kiyas.languages``). Sentences that the analysis wrote (``Finding.text``) are found by pattern
(``statements``); everything that models wrote is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations as Catalogue

from kiyas.languages import decimal_mark, load_catalogue, percent_pattern, take_code
from kiyas.report.numbers import NumberFormat

__all__ = ["Catalogue", "Language", "load_language"]


@dataclass(frozen=True)
class Language:
    """How the report speaks."""

    code: str
    """BCP 47 code, for the page's ``lang``."""
    catalogue: Catalogue
    """The messages; one that is missing stays English."""
    numbers: NumberFormat
    """The numbers."""


def load_language(code: str) -> Language:
    """Return a language.

    Raises:
        KiyasError: There is no such language.
    """
    known = take_code(code)
    mark = decimal_mark(known)
    # A comma between the ends of an interval cannot be told from one before the tenths.
    separator = "; " if mark == "," else ", "
    numbers = NumberFormat(mark, percent_pattern(known), separator)
    return Language(known, load_catalogue("report", known), numbers)
