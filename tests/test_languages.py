"""Messages and numbers as a language writes them, and that no message lacks a translation."""

import re
import runpy
from contextvars import copy_context
from pathlib import Path

import pytest

from kiyas.errors import KiyasError
from kiyas.languages import (
    decimal_text,
    gettext,
    language_codes,
    ngettext,
    percent_text,
    speak,
    spoken,
)

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


TEMPLATE = messages(CATALOGUES["template"]())


def test_messages_of_code_and_of_help_are_found():
    assert "ALARM" in TEMPLATE
    assert "To train" in TEMPLATE
    assert "Print the version." in TEMPLATE
    assert ("{num} fault", "{num} faults") in TEMPLATE
    assert len(TEMPLATE) > 200


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated_and_nothing_else_is(code):
    there = messages(CATALOGUES["read_catalogue"](code))
    told = "run python scripts/update_catalogues.py and translate what is empty"
    assert TEMPLATE.keys() - there.keys() == set(), told
    assert there.keys() - TEMPLATE.keys() == set(), told
    empty = [
        key for key, text in there.items() if not text or (isinstance(text, tuple) and "" in text)
    ]
    assert empty == [], told


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_of_its_message(code):
    for key, text in messages(CATALOGUES["read_catalogue"](code)).items():
        message = key if isinstance(key, str) else key[0]
        forms = (text,) if isinstance(text, str) else text
        for form in forms:
            assert places(form) == places(message), message


def places(text):
    return sorted(re.findall(r"\{\w*(?:[:.][^}]*)?\}|`[^`]+`", text))


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
