"""The report's languages come from the catalogues."""

import pytest

from kiyas.errors import KiyasError
from kiyas.report.languages import load_language


def test_a_missing_message_stays_english(turkish):
    assert turkish.catalogue.gettext("no such message") == "no such message"


def test_a_region_behind_the_code_is_left_out():
    assert load_language("tr-TR").code == "tr"


def test_numbers_are_written_as_the_language_writes_them(english, turkish):
    # CLDR: Turkish puts the percent sign first and a comma before the tenths.
    assert turkish.numbers.share(0.268) == "%26,8"
    assert english.numbers.share(0.268) == "26.8 %"


def test_the_ends_of_an_interval_are_not_parted_by_the_decimal_mark(english, turkish):
    assert turkish.numbers.figure(0.5, 0.4, 0.6, 1) == "0,5 [0,4; 0,6]"
    assert english.numbers.figure(0.5, 0.4, 0.6, 1) == "0.5 [0.4, 0.6]"


def test_an_unknown_language_is_refused_with_the_known_ones():
    with pytest.raises(KiyasError) as caught:
        load_language("xx")
    assert caught.value.expected == "en or tr"
