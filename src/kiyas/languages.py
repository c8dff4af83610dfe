"""Language code -> messages and numbers as that language writes them; front door: ``speak``.

English texts are the message ids. A language is a folder of ``locale/`` with one PO file for each
domain (``cli``, ``report``), in the form that every gettext editor reads; adding a language is
adding a folder. Text that models, data or analyses wrote is not translated here.

Files are read as PO, so nothing has to be compiled: ``babel.messages.mofile`` turns them into what
``gettext.GNUTranslations`` reads, plural rules included.
"""

from __future__ import annotations

import gettext as _standard
import io
import math
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from kiyas.errors import KiyasError

ENGLISH = "en"
LOCALE = Path(__file__).parent / "locale"
"""One folder a language, named by its code."""

_chosen: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language_codes() -> tuple[str, ...]:
    """Return the codes of all languages, English first."""
    return (ENGLISH, *sorted(path.name for path in LOCALE.iterdir() if path.is_dir()))


def speak(code: str) -> None:
    """Choose the language of every message that follows in this context.

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
    _chosen.set(short)


def spoken() -> str:
    """Return the code of the language that was chosen."""
    return _chosen.get()


@cache
def load_catalogue(domain: str, code: str) -> _standard.NullTranslations:
    """Return the messages of a domain; English has none, and a missing message stays English.

    Args:
        domain: ``cli`` or ``report``.
        code: One of ``language_codes()``.
    """
    path = LOCALE / code / "LC_MESSAGES" / f"{domain}.po"
    if code == ENGLISH or not path.exists():
        return _standard.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=code, domain=domain)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return _standard.GNUTranslations(compiled)


def gettext(message: str) -> str:
    """Return a message of the command line in the language that was chosen."""
    return load_catalogue("cli", spoken()).gettext(message)


def ngettext(one: str, many: str, num: int) -> str:
    """Return the form of a message for so many things."""
    return load_catalogue("cli", spoken()).ngettext(one, many, num)


def decimal_text(value: float, digits: int, *, signed: bool = False) -> str:
    """Return a number with so many digits after the mark, such as ``26.8`` or ``26,8``."""
    return number_text(f"{value:{'+' if signed else ''}.{digits}f}")


def number_text(text: str) -> str:
    """Return a number that Python wrote, with the mark that the language has before its tenths."""
    return text if spoken() == ENGLISH else text.replace(".", _decimal_mark(spoken()))


def percent_text(share: float, digits: int = 1) -> str:
    """Return a share such as 0.268 as ``26.8 %``, or ``%26,8`` in Turkish."""
    number = decimal_text(100 * share, digits)
    if spoken() == ENGLISH or not math.isfinite(share):
        return f"{number} %"
    return _percent_pattern(spoken()).format(number)


@cache
def _decimal_mark(code: str) -> str:
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(code)


@cache
def _percent_pattern(code: str) -> str:
    """Return a language's pattern of a percentage with a place for the number."""
    from babel.core import Locale

    pattern = Locale.parse(code).percent_formats[None]
    return f"{pattern.prefix[0]}{{}}{pattern.suffix[0]}"
