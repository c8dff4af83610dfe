"""The command line's language: ``--language`` anywhere on the line, or ``KIYAS_LANGUAGE``.

Both win over a study's key ``language``, which is followed as soon as the study is read.

``SpokenGroup`` is the class of the application: it takes the option out of the line before the
verbs see it, and puts examples under the help of every verb and all of it into the language. Words
of the parser itself (``Usage``, ``Options``, its faults) stay as its library writes them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from typer.core import TyperGroup

from kiyas.cli.examples import EXAMPLES
from kiyas.errors import KiyasError
from kiyas.languages import ENGLISH, gettext, language_codes, speak, spoken

OPTION = "--language"
VARIABLE = "KIYAS_LANGUAGE"


class SpokenGroup(TyperGroup):
    """A group of verbs that speaks the language asked for on the line or in the environment."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Choose the language, then let the verbs have the rest of the line."""
        if ctx.resilient_parsing:  # a shell asks how an unfinished line may go on
            return super().parse_args(ctx, args)
        code, rest = take_language(args)
        speak(code or os.environ.get(VARIABLE) or None)
        self.epilog = gettext(
            "Every verb also takes --language {codes} (or the variable {variable})."
        ).format(codes="|".join(language_codes()), variable=VARIABLE)
        translate_help(self)
        return super().parse_args(ctx, rest)


def take_language(line: list[str]) -> tuple[str | None, list[str]]:
    """Return the language that a line asks for, the last one counting, and the line without it.

    Raises:
        KiyasError: The option has no value.
    """
    code, rest, words = None, [], iter(line)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == OPTION:
            code = next(words, "")
        elif word.startswith(f"{OPTION}="):
            code = word.removeprefix(f"{OPTION}=")
        else:
            rest.append(word)
    if code == "":
        raise KiyasError(
            "the language is missing", where=OPTION, expected=" or ".join(language_codes())
        )
    return code, rest


def translate_help(command: Any, path: str = "") -> None:
    """Put help, options and examples of a verb and of all below it into the chosen language."""
    for name, inner in getattr(command, "commands", {}).items():
        translate_help(inner, f"{path} {name}".strip())
    if path in EXAMPLES:
        # A line of its own with this sign keeps the lines below it from being wrapped.
        command.epilog = "\n".join(["\b", gettext("Examples:"), *_indented(EXAMPLES[path])])
    if spoken() == ENGLISH:
        return
    command.help = _translated(command.help)
    command.short_help = _translated(command.short_help)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = _translated(parameter.help)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _translated(text: str | None) -> str | None:
    return gettext(text) if text else text
