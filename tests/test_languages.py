"""Messages and numbers as a language writes them, and that no message lacks a translation."""

import ast
import re
import runpy
import shutil
from contextvars import copy_context
from pathlib import Path

import pytest

import kiyas.languages
from kiyas.errors import KiyasError
from kiyas.languages import (
    LOCALE,
    decimal_text,
    follow_study,
    gettext,
    language_codes,
    ngettext,
    percent_text,
    speak,
    spoken,
)
from kiyas.report.languages import load_language

ROOT = Path(__file__).parents[1]
CATALOGUES = runpy.run_path(str(ROOT / "scripts" / "update_catalogues.py"))
TRANSLATED = [code for code in language_codes() if code != "en"]


def in_language(code, function, *arguments):
    def said():
        speak(code)
        return function(*arguments)

    return copy_context().run(said)


def messages(catalogue):
    return {message.id: message.string for message in catalogue if message.id}


DOMAINS = CATALOGUES["DOMAINS"]
TEMPLATES = {domain: messages(CATALOGUES["template"](domain)) for domain in DOMAINS}
BOTH = [(domain, code) for domain in DOMAINS for code in TRANSLATED]
TOLD = "run python scripts/update_catalogues.py and translate what is empty"


def test_messages_of_code_help_templates_and_sentences_are_found():
    assert {"ALARM", "Print the version.", ("{num} fault", "{num} faults")} <= TEMPLATES[
        "cli"
    ].keys()
    assert {"What won", "Skip to the content", "It cannot be told from %(points)s."} <= TEMPLATES[
        "report"
    ].keys()
    assert min(map(len, TEMPLATES.values())) > 200


def said_in_source(domain):
    """Yield every literal message by the syntax tree, which sees into f-strings too."""
    for path in sorted((ROOT / "src" / "kiyas").rglob("*.py")):
        if ("report" in path.parts) != (domain == "report"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in CATALOGUES["KEYWORDS"]:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield first.value


def _name(function):
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


@pytest.mark.parametrize("domain", [domain for domain in DOMAINS if domain != "faults"])
def test_no_message_hides_where_the_extractor_does_not_look(domain):
    found = {key if isinstance(key, str) else key[0] for key in TEMPLATES[domain]}
    assert set(said_in_source(domain)) - found == set(), "take it out of the f-string"


@pytest.mark.parametrize(("domain", "code"), BOTH)
def test_every_message_is_translated_and_nothing_else_is(domain, code):
    catalogue = CATALOGUES["read_catalogue"](domain, code)
    there = messages(catalogue)
    assert TEMPLATES[domain].keys() - there.keys() == set(), TOLD
    assert there.keys() - TEMPLATES[domain].keys() == set(), TOLD
    empty = [
        key for key, text in there.items() if not text or (isinstance(text, tuple) and "" in text)
    ]
    assert empty == [], TOLD
    assert [item.id for item in catalogue if item.id and item.fuzzy] == [], TOLD
    assert list(catalogue.obsolete) == [], TOLD


@pytest.mark.parametrize(("domain", "code"), BOTH)
def test_a_translation_has_the_places_of_its_message(domain, code):
    for key, text in messages(CATALOGUES["read_catalogue"](domain, code)).items():
        message = key if isinstance(key, str) else key[-1]
        forms = (text,) if isinstance(text, str) else text
        for form in forms:
            assert places(form) == places(message), message


def places(text):
    return sorted(re.findall(r"\{\w*(?:[:.][^}]*)?\}|`[^`]+`|%\(\w+\)s|%s", text))


def test_a_language_is_its_folder_and_nothing_else(tmp_path, monkeypatch):
    shutil.copytree(LOCALE / "tr", tmp_path / "tr")
    shutil.copytree(LOCALE / "tr", tmp_path / "de")
    monkeypatch.setattr(kiyas.languages, "LOCALE", tmp_path)
    assert language_codes() == ("en", "de", "tr")
    german = load_language("de")
    assert german.catalogue.gettext("What won") == "Hangisi kazandı"
    # CLDR: German has a comma before the tenths and the sign behind a no-break space.
    assert german.numbers.share(0.268) == "26,8\u00a0%"


def test_a_message_is_said_in_the_language_that_was_chosen():
    assert in_language("tr", gettext, "To train") == "Eğitilecek"
    assert in_language("en", gettext, "To train") == "To train"


def test_a_message_without_translation_stays_english():
    assert in_language("tr", gettext, "no such message") == "no such message"


def test_turkish_has_one_form_for_any_number():
    for num in (0, 1, 2):
        assert in_language("tr", ngettext, "{num} fault", "{num} faults", num) == "{num} hata"
    assert in_language("en", ngettext, "{num} fault", "{num} faults", 1) == "{num} fault"


def test_numbers_are_written_as_the_language_writes_them():
    # CLDR: Turkish puts the percent sign first and a comma before the tenths.
    assert in_language("tr", percent_text, 0.268) == "%26,8"
    assert in_language("en", percent_text, 0.268) == "26.8 %"
    assert in_language("tr", decimal_text, -1.25, 2) == "-1,25"


def test_a_region_or_an_encoding_behind_the_code_is_left_out():
    assert in_language("tr_TR.UTF-8", spoken) == "tr"
    assert in_language("tr-TR", spoken) == "tr"


def test_an_unknown_language_is_refused_with_the_known_ones():
    with pytest.raises(KiyasError) as caught:
        in_language("xx", spoken)
    assert caught.value.expected == "en or tr"


def test_a_study_is_followed_unless_a_language_was_asked_for():
    def said(asked_for, of_study):
        speak(asked_for)
        follow_study(of_study)
        return spoken()

    assert copy_context().run(said, None, "tr") == "tr"
    assert copy_context().run(said, "en", "tr") == "en"
    assert copy_context().run(said, "tr", None) == "tr"
    assert copy_context().run(said, None, None) == "en"
