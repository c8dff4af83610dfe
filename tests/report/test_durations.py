import pytest

from kiyas.report.durations import write_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (0.42, "0.42 s"),
        (12.34, "12.3 s"),
        (59.96, "1 min 0 s"),
        (252, "4 min 12 s"),
        (3599.6, "1 h 0 min"),
        (4980, "1 h 23 min"),
        (360_000, "100 h 0 min"),
    ],
)
def test_a_length_of_time_has_two_units_at_most(english, seconds, text):
    assert write_duration(seconds, english).replace("\u00a0", " ") == text


def test_turkish_has_its_own_units_and_decimal_mark(turkish):
    assert write_duration(12.34, turkish) == "12,3\u00a0sn"
    assert write_duration(4980, turkish) == "1\u00a0sa\u00a023\u00a0dk"


def test_a_length_of_time_stays_on_one_line(english):
    assert " " not in write_duration(4980, english)
