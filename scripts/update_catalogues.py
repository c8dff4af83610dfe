"""Messages of the source and of the command line's help -> the PO files of every language.

Run it after changing a message, then translate what is empty in ``src/kiyas/locale``; a test fails
while anything is missing, empty, fuzzy or obsolete. Translations whose message is still there are
kept.
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
from fault_messages import fault_messages
from jinja2.ext import babel_extract

from kiyas.cli.app import app
from kiyas.languages import ENGLISH, LOCALE, language_codes

PACKAGE = LOCALE.parent
DOMAINS = ("cli", "report", "faults")
"""What the command line says, what the report says (the folder ``report``), and what faults say."""
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "message": None, "ngettext": (1, 2)}

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


def messages(domain: str) -> Iterator[tuple[Message, str]]:
    """Yield every message of a domain with the file that says it."""
    if domain == "faults":
        yield from fault_messages(PACKAGE)
        return
    yield from source_messages(domain)
    if domain == "cli":
        yield from help_messages()


def source_messages(domain: str) -> Iterator[tuple[Message, str]]:
    """Yield every message of a domain's sources and templates with the file that says it."""
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.j2")]):
        where = path.relative_to(PACKAGE).as_posix()
        if (where.partition("/")[0] == "report") != (domain == "report"):
            continue
        method = babel_extract if path.suffix == ".j2" else "python"
        for _line, text, _comments, _context in extract_from_file(method, path, keywords=KEYWORDS):
            yield text, where


def help_messages() -> Iterator[tuple[Message, str]]:
    """Yield the help of every verb and option."""
    yield from ((text, "--help") for text in _help_of(typer.main.get_command(app)))


def template(domain: str) -> Catalog:
    """Return all messages of a domain, without translations."""
    catalogue = Catalog(domain=domain, project="kiyas", charset="utf-8", header_comment="")
    for text, where in messages(domain):
        if text:
            catalogue.add(text, locations=[(where, None)])
    return catalogue


def read_catalogue(domain: str, code: str) -> Catalog:
    """Return the messages of a language as they are on disk; empty if it is new."""
    path = catalogue_path(domain, code)
    if not path.exists():
        return Catalog(locale=code, domain=domain, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=code, domain=domain)


def catalogue_path(domain: str, code: str) -> Path:
    """Return the PO file of a language."""
    return LOCALE / code / "LC_MESSAGES" / f"{domain}.po"


def update(domain: str, code: str) -> int:
    """Write the PO file of a language anew and return how many messages it lacks."""
    catalogue = read_catalogue(domain, code)
    catalogue.update(template(domain), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    write_catalogue(domain, code, catalogue)
    return sum(not _is_translated(item.string) for item in catalogue if item.id)


def write_catalogue(domain: str, code: str, catalogue: Catalog) -> None:
    """Write a PO file that says nothing of when and by whom, so that only messages change it."""
    text = io.BytesIO()
    write_po(text, catalogue, width=100, sort_output=True, omit_header=True)
    head = _HEADER.format(code=code, plural=catalogue.plural_forms)
    path = catalogue_path(domain, code)
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
        for domain in DOMAINS:
            num = update(domain, language)
            sys.stdout.write(f"{language}/{domain}.po: {num} messages to translate\n")
