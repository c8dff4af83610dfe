"""Language code -> the report's strings and number format, in the shape of gettext.

English texts are the message ids. A language is a dictionary in a module of its own, and an
entry in ``_LANGUAGES``. Statements that the analysis wrote (``Finding.text``) and everything that
models wrote are shown as they are.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass

from kiyas.errors import KiyasError
from kiyas.report.numbers import NumberFormat
from kiyas.report.turkish import TURKISH


class Catalogue(gettext.NullTranslations):
    """Messages by English text; a message that is missing stays English.

    Args:
        messages: Translations; a plural is found under its English singular.
    """

    def __init__(self, messages: Mapping[str, str]) -> None:
        super().__init__()
        self._messages = messages

    def gettext(self, message: str) -> str:
        """Return a message in this language."""
        return self._messages.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form of a message for n things."""
        return self._messages.get(msgid1, msgid1 if n == 1 else msgid2)


@dataclass(frozen=True)
class Language:
    """How the report speaks."""

    code: str
    """BCP 47 code, for the page's ``lang``."""
    catalogue: Catalogue
    """The strings of the interface."""
    numbers: NumberFormat
    """The numbers."""


_LANGUAGES = {
    "en": Language("en", Catalogue({}), NumberFormat()),
    "tr": Language("tr", Catalogue(TURKISH), NumberFormat(",", "%{}", "; ")),
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
