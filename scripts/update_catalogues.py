"""Messages of the source and of the command line's help -> the PO files of every language.

Run it after changing a message, then translate what is empty in ``src/kiyas/locale``; a test fails
while anything is missing or obsolete. Translations that still have their message are kept.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from kiyas.cli.app import app
from kiyas.languages import ENGLISH, LOCALE, language_codes

PACKAGE = LOCALE.parent
NOT_THE_COMMAND_LINE = ("report",)
"""Folders whose messages are of another domain."""
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2)}

_HEADER = """\
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""

Message = str | tuple[str, str]


def source_messages() -> Iterator[tuple[Message, str]]:
    """Yield every message of the source with the module that says it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        if where.partition("/")[0] in NOT_THE_COMMAND_LINE:
            continue
        for _line, message, _comments, _context in extract_from_file(
            "python", path, keywords=KEYWORDS
        ):
            yield message, where


def help_messages() -> Iterator[tuple[Message, str]]:
    """Yield the help of every verb and option."""
    yield from ((text, "--help") for text in _help_of(typer.main.get_command(app)))


def template() -> Catalog:
    """Return all messages of the command line, without translations."""
    catalogue = Catalog(domain="cli", project="kiyas", charset="utf-8", header_comment="")
    for message, where in [*source_messages(), *help_messages()]:
        if message:
            catalogue.add(message, locations=[(where, None)])
    return catalogue


def read_catalogue(code: str) -> Catalog:
    """Return the messages of a language as they are on disk; empty if it is new."""
    path = catalogue_path(code)
    if not path.exists():
        return Catalog(locale=code, domain="cli", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=code, domain="cli")


def catalogue_path(code: str) -> Path:
    """Return the PO file of a language."""
    return LOCALE / code / "LC_MESSAGES" / "cli.po"


def update(code: str) -> int:
    """Write the PO file of a language anew and return how many messages it lacks."""
    catalogue = read_catalogue(code)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    write_catalogue(code, catalogue)
    return sum(not _is_translated(message.string) for message in catalogue if message.id)


def write_catalogue(code: str, catalogue: Catalog) -> None:
    """Write a PO file that says nothing of when and by whom, so that only messages change it."""
    text = io.BytesIO()
    write_po(text, catalogue, width=100, sort_output=True, omit_header=True)
    head = _HEADER.format(code=code, plural=catalogue.plural_forms)
    path = catalogue_path(code)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + text.getvalue().decode("utf-8"), encoding="utf-8")


def _help_of(command: Any) -> Iterator[str]:
    for text in (command.help, command.short_help):
        if text:
            yield text
    for parameter in command.params:
        if getattr(parameter, "help", None):
            yield parameter.help
    for inner in getattr(command, "commands", {}).values():
        yield from _help_of(inner)


def _is_translated(string: Any) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    codes = sys.argv[1:] or [code for code in language_codes() if code != ENGLISH]
    for language in codes:
        sys.stdout.write(f"{language}: {update(language)} messages to translate\n")
