import ast
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from jinja2 import Environment

import kiyas.report
from kiyas.errors import KiyasError
from kiyas.report.languages import load_language

SOURCES = sorted(Path(kiyas.report.__file__).parent.rglob("*.py"))
TEMPLATES = sorted(Path(str(files("kiyas.report") / "templates")).rglob("*.j2"))


def python_messages():
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in ("_", "gettext", "ngettext"):
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield first.value


def template_messages():
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for template in TEMPLATES:
        found = environment.extract_translations(template.read_text(encoding="utf-8"))
        for _line, _function, message in found:
            yield message if isinstance(message, str) else message[0]


def _name(function):
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


TURKISH = load_language("tr").catalogue.messages
STATEMENTS = load_language("tr").statements
MESSAGES = {*python_messages(), *template_messages()}


def test_the_messages_of_code_and_templates_are_found():
    assert {"In one minute", "What won", "Extracted code", "Which arm is best"} <= MESSAGES


def test_every_message_has_a_turkish_translation():
    assert MESSAGES - TURKISH.keys() == set()


def test_turkish_translates_nothing_that_is_not_said():
    assert TURKISH.keys() - MESSAGES == set()


@pytest.mark.parametrize("message", sorted(TURKISH))
def test_a_translation_has_the_places_of_its_original(message):
    assert _places(TURKISH[message]) == _places(message)


def _places(text):
    import re

    return sorted(re.findall(r"%\(\w+\)s|%s|\{\w+\}", text))


@pytest.mark.parametrize("pattern", sorted(STATEMENTS))
def test_a_translated_statement_has_the_places_of_its_pattern(pattern):
    assert _places(STATEMENTS[pattern]) == _places(pattern)


def test_no_message_is_translated_in_two_places():
    keys = [
        key.value
        for source in SOURCES
        if "turkish" in source.stem
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    ]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_a_missing_message_stays_english():
    assert load_language("tr").catalogue.gettext("no such message") == "no such message"


def test_an_unknown_language_is_refused_with_the_known_ones():
    with pytest.raises(KiyasError) as caught:
        load_language("xx")
    assert caught.value.expected == "en or tr"
