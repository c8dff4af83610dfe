"""Language code -> the report's strings and number format, in the shape of gettext.

English texts are the message ids. A language is a dictionary, in one module or several, and an
entry in ``_LANGUAGES``. Sentences that the analysis wrote (``Finding.text``) are found by pattern
(``statements``); everything that models wrote is shown as it is.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass

from kiyas.errors import KiyasError
from kiyas.report.audit_turkish import TURKISH_AUDIT
from kiyas.report.audit_turkish_statements import TURKISH_AUDIT_STATEMENTS
from kiyas.report.numbers import NumberFormat
from kiyas.report.turkish import TURKISH
from kiyas.report.turkish_classification import TURKISH_CLASSIFICATION
from kiyas.report.turkish_classification_methods import TURKISH_CLASSIFICATION_METHODS
from kiyas.report.turkish_statements import TURKISH_STATEMENTS
from kiyas.report.turkish_texts import TURKISH_TEXT_STATEMENTS, TURKISH_TEXTS


class Catalogue(gettext.NullTranslations):
    """Messages by English text; a message that is missing stays English.

    Args:
        messages: Translations; a plural is found under its English singular.
    """

    def __init__(self, messages: Mapping[str, str]) -> None:
        super().__init__()
        self.messages = messages

    def gettext(self, message: str) -> str:
        """Return a message in this language."""
        return self.messages.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form of a message for n things."""
        return self.messages.get(msgid1, msgid1 if n == 1 else msgid2)


@dataclass(frozen=True)
class Language:
    """How the report speaks."""

    code: str
    """BCP 47 code, for the page's ``lang``."""
    catalogue: Catalogue
    """The strings of the interface."""
    numbers: NumberFormat
    """The numbers."""
    statements: Mapping[str, str]
    """Sentences of the analysis by their English pattern, for ``statements``."""


_TURKISH = {
    **TURKISH,
    **TURKISH_AUDIT,
    **TURKISH_CLASSIFICATION,
    **TURKISH_CLASSIFICATION_METHODS,
    **TURKISH_TEXTS,
}
_TURKISH_STATEMENTS = TURKISH_STATEMENTS | TURKISH_AUDIT_STATEMENTS | TURKISH_TEXT_STATEMENTS

_LANGUAGES = {
    "en": Language("en", Catalogue({}), NumberFormat(), {}),
    "tr": Language("tr", Catalogue(_TURKISH), NumberFormat(",", "%{}", "; "), _TURKISH_STATEMENTS),
}
LANGUAGE_CODES = tuple(_LANGUAGES)


def load_language(code: str) -> Language:
    """Return a language.

    Raises:
        KiyasError: There is no such language.
    """
    if code not in _LANGUAGES:
        raise KiyasError(
            "the report does not speak this language",
            where="language",
            received=code,
            expected=" or ".join(LANGUAGE_CODES),
        )
    return _LANGUAGES[code]
