"""Texts of faults in a language by their patterns, which are found in the source."""

from contextvars import copy_context

import pytest
from fault_messages import fault_messages

from kiyas.errors import StudyError
from kiyas.faults import say_fault
from kiyas.languages import speak

SOURCE = """
class OwnError(KiyasError):
    pass

def read(path, column, rows):
    if not rows:
        raise OwnError("the file is empty", where=f"{path}, line {len(rows)}")
    word = "too long" if rows[0] else "too short"
    faults = {f"miss {column!r}": 1, "are odd": 2}
    for fault, num in faults.items():
        raise KiyasError(f"{num} rows {fault}", expected=f"100 % of them; one is {word}")
    raise KiyasError(_told(path), received=path, next_step="a" if path else None)

def _told(path):
    return f"{path} is " + "not a file"
"""


def turkish(text: str) -> str:
    def said() -> str:
        speak("tr")
        return say_fault(text)

    return copy_context().run(said)


def test_every_text_that_a_fault_can_have_is_found_in_the_source(tmp_path):
    (tmp_path / "reading.py").write_text(SOURCE, encoding="utf-8")
    found = {text for text, where in fault_messages(tmp_path) if where == "reading.py"}
    assert found == {
        "the file is empty",
        "%(path)s, line %(num_rows)s",
        "%(num)s rows miss %(column)s",
        "%(num)s rows are odd",
        "100 %% of them; one is too long",
        "100 %% of them; one is too short",
        "%(path)s is not a file",
    }


@pytest.mark.parametrize(
    ("english", "told"),
    [
        ("the file is empty", "dosya boş"),
        # A percent sign, a colon or a brace in a value is no place.
        (
            "unknown key (did you mean `100%`?)",
            "bilinmeyen anahtar (şunu mu demek istediniz: `100%`?)",
        ),
        ("a {b}.csv, line 3", "a {b}.csv, satır 3"),
        ("a.csv, lines 3, 4 and 7 more", "a.csv, satır 3, 4 ve 7 tane daha"),
        # A phrase inside another one is said too.
        ("arm a: nothing says how long to train", "a kolu: ne kadar eğitileceği belirtilmemiş"),
        ("the run has no such seed", "koşuda böyle bir tohum yok"),
        # What a key of several types is told.
        (
            "input should be 'balanced', or input should be a valid list",
            "değer şu olmalı: 'balanced' ya da değer bir liste olmalı",
        ),
        ("en or tr", "en ya da tr"),
    ],
)
def test_a_text_is_said_by_its_pattern_with_its_values_as_they_are(english, told):
    assert turkish(english) == told


@pytest.mark.parametrize("text", ["no such text at all.", "CUDA error: 3", "label", "b.csv", "7"])
def test_what_no_pattern_fits_and_names_of_columns_stay(text):
    assert turkish(text) == text


def test_a_wrong_study_of_one_fault_tells_it_whole():
    told = str(StudyError("no", where="a.yaml", received="b", expected="c", next_step="d"))
    assert told.splitlines() == ["a.yaml: no", "  received: b", "  expected: c", "  next: d"]
