"""The language of the command line, and the examples in its help."""

import os
import shlex
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from kiyas.cli.app import app
from kiyas.cli.examples import EXAMPLES
from kiyas.cli.language import take_language
from kiyas.errors import KiyasError


def said(*arguments: str, language: str | None = None) -> str:
    environment = {"KIYAS_LANGUAGE": language}
    return CliRunner().invoke(app, list(arguments), env=environment).stdout


def test_the_option_may_stand_anywhere_on_the_line():
    for line in (
        ("--language", "tr", "init", "--help"),
        ("init", "--help", "--language=tr"),
        ("init", "--language", "tr", "--help"),
    ):
        assert "Yazılacak çalışma dosyası." in said(*line)


def test_the_environment_chooses_and_the_option_wins():
    assert "Temel model." in said("init", "--help", language="tr")
    assert "Base model." in said("init", "--help", "--language", "en", language="tr")


def test_what_stands_behind_two_dashes_is_no_option():
    assert take_language(["check", "--", "--language"]) == (None, ["check", "--", "--language"])


def test_a_language_that_is_missing_or_unknown_is_one_clear_error():
    with pytest.raises(KiyasError, match="missing"):
        take_language(["plan", "--language"])
    done = CliRunner().invoke(app, ["version", "--language", "xx"])
    assert isinstance(done.exception, KiyasError)


@pytest.mark.parametrize(
    ("line", "word"), [("kiyas pl", "plan"), ("kiyas data cl", "clean"), ("kiyas --language ", "")]
)
def test_a_shell_is_told_how_a_line_may_go_on(line, word):
    asked = {"_KIYAS_COMPLETE": "complete_bash", "COMP_WORDS": line}
    asked["COMP_CWORD"] = str(len(line.split(" ")) - 1)
    done = subprocess.run(
        [sys.executable, "-c", "from kiyas.cli.app import app; app(prog_name='kiyas')"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **asked},
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert word in done.stdout


def verbs(command, path=""):
    inner = getattr(command, "commands", None)
    if not inner:
        return {path: command}
    found = {}
    for name, item in inner.items():
        found |= verbs(item, f"{path} {name}".strip())
    return found


VERBS = verbs(typer.main.get_command(app))


def test_every_verb_shows_an_example():
    assert VERBS.keys() - EXAMPLES.keys() == set()
    assert "kiyas plan study.yaml" in said("plan", "--help")


@pytest.mark.parametrize(
    ("verb", "line"), [(verb, line) for verb, lines in EXAMPLES.items() for line in lines]
)
def test_an_example_is_a_line_that_the_verb_takes(verb, line):
    words = shlex.split(line.partition(" > ")[0])[1:]
    _, words = take_language(words)
    assert words[: len(verb.split())] == verb.split()
    VERBS[verb].make_context(verb, words[len(verb.split()) :], resilient_parsing=False)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_a_json_form(verb):
    assert "--json" in {word for item in VERBS[verb].params for word in item.opts}
