"""Language code -> messages and numbers as that language writes them.

Front doors: ``speak`` for what a person asks for, ``follow_study`` for what a study says.
English texts are the message ids. A language is a folder of ``locale/`` with one PO file for each
domain (``cli``, ``report``, ``faults``), in the form that every gettext editor reads; adding a
language is adding a folder. Text that models, data or analyses wrote is not translated here.

Files are read as PO, so nothing has to be compiled: ``babel.messages.mofile`` turns them into what
``gettext.GNUTranslations`` reads, plural rules included.
"""

from __future__ import annotations

import gettext as _standard
import io
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kiyas.errors import KiyasError

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ENGLISH = "en"
LOCALE = Path(__file__).parent / "locale"
"""One folder a language, named by its code."""

_asked_for: ContextVar[str | None] = ContextVar("language asked for", default=None)
_of_study: ContextVar[str] = ContextVar("language of the study", default=ENGLISH)


def language_codes() -> tuple[str, ...]:
    """Return the codes of all languages, English first."""
    return (ENGLISH, *sorted(path.name for path in LOCALE.iterdir() if path.is_dir()))


def speak(code: str | None) -> None:
    """Choose the language of every message that follows in this context.

    Args:
        code: As ``take_code`` reads it; None leaves the choice to the study.

    Raises:
        KiyasError: There is no such language.
    """
    _asked_for.set(None if code is None else take_code(code))


def follow_study(code: str | None) -> None:
    """Speak the language of a study from now on, unless ``speak`` asked for another.

    Args:
        code: Its key ``language``; English if it has none.
    """
    _of_study.set(ENGLISH if code is None else take_code(code))


def take_code(code: str) -> str:
    """Return the code of a language that there is.

    Args:
        code: Such as ``tr``; a region or encoding behind it (``tr_TR.UTF-8``) is left out.

    Raises:
        KiyasError: There is no such language.
    """
    short = code.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    if short not in language_codes():
        raise KiyasError(
            "kiyas does not speak this language",
            where="language",
            received=code,
            expected=" or ".join(language_codes()),
        )
    return short


def spoken() -> str:
    """Return the code of the language that was asked for, else that of the study."""
    return _asked_for.get() or _of_study.get()


@cache
def load_catalogue(domain: str, code: str) -> _standard.NullTranslations:
    """Return the messages of a domain; English has none, and a missing message stays English.

    Args:
        domain: ``cli`` or ``report``.
        code: One of ``language_codes()``.
    """
    catalogue = _read(domain, code)
    if catalogue is None:
        return _standard.NullTranslations()
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return _standard.GNUTranslations(compiled)


def load_messages(domain: str, code: str) -> dict[str, str]:
    """Return the translations of a domain by message, those with plural forms left out.

    Args:
        domain: ``faults``, whose messages are patterns.
        code: One of ``language_codes()``.
    """
    found = [(item.id, item.string) for item in _read(domain, code) or ()]
    return {
        text: translation
        for text, translation in found
        if isinstance(text, str) and isinstance(translation, str) and text and translation
    }


def _read(domain: str, code: str) -> Catalog | None:
    path = LOCALE / code / "LC_MESSAGES" / f"{domain}.po"
    if code == ENGLISH or not path.exists():
        return None
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=code, domain=domain)


def message(text: str) -> str:
    """Return a text as it is: marked for the catalogues here, translated where it is said."""
    return text


def gettext(text: str) -> str:
    """Return a message of the command line in the language that was chosen."""
    return load_catalogue("cli", spoken()).gettext(text)


def ngettext(one: str, many: str, num: int) -> str:
    """Return the form of a message for so many things."""
    return load_catalogue("cli", spoken()).ngettext(one, many, num)


def decimal_text(value: float, digits: int, *, signed: bool = False) -> str:
    """Return a number with so many digits after the mark, such as ``26.8`` or ``26,8``."""
    return number_text(f"{value:{'+' if signed else ''}.{digits}f}")


def number_text(text: str) -> str:
    """Return a number that Python wrote, with the mark that the language has before its tenths."""
    return text.replace(".", decimal_mark(spoken()))


def percent_text(share: float, digits: int = 1) -> str:
    """Return a share such as 0.268 as ``26.8 %``, or ``%26,8`` in Turkish."""
    return percent_pattern(spoken()).format(decimal_text(100 * share, digits))


@cache
def decimal_mark(code: str) -> str:
    """Return what a language writes before the tenths."""
    if code == ENGLISH:  # the command line starts without Babel
        return "."
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(code)


@cache
def percent_pattern(code: str) -> str:
    """Return a language's pattern of a percentage with a place for the number.

    English has a space before the sign, as ISO 80000-1 has it and CLDR has not.
    """
    if code == ENGLISH:
        return "{} %"
    from babel.core import Locale

    pattern = Locale.parse(code).percent_formats[None]
    return f"{pattern.prefix[0]}{{}}{pattern.suffix[0]}"
