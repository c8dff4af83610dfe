"""Functions are known again under other names, layout and comments, and only then."""

import time

import pytest

from kiyas.scoring.code_fingerprints import fingerprint_code

ORIGINAL = '''
def has_close_elements(numbers, threshold):
    """Whether two of them are close."""
    for idx, elem in enumerate(numbers):
        for idx2, elem2 in enumerate(numbers):
            if idx != idx2:
                distance = abs(elem - elem2)
                if distance < threshold:
                    return True
    return False
'''
RENAMED = """\
Here you are:
```python
def close(zahlen: list[float], t: float) -> bool:
    for i, a in enumerate(zahlen):   # every pair
        for j, b in enumerate(zahlen):
            if i != j:
                d = abs(a - b)
                if (d < t):
                    return True

    return False
```
"""


def test_names_layout_comments_docstrings_and_annotations_do_not_count() -> None:
    assert fingerprint_code(ORIGINAL) == fingerprint_code(RENAMED)
    assert len(fingerprint_code(ORIGINAL)) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<", "<="),
        ("abs(", "len("),
        ("True", "False"),
        ("idx != idx2", "idx != idx"),
        ("elem - elem2", "elem2 - elem"),
    ],
)
def test_another_operator_call_constant_or_variable_makes_another_function(
    old: str, new: str
) -> None:
    assert not fingerprint_code(ORIGINAL) & fingerprint_code(ORIGINAL.replace(old, new))


def test_functions_that_everybody_writes_alike_are_no_evidence() -> None:
    euclid = "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
    assert fingerprint_code(euclid) == frozenset()


def test_functions_in_classes_and_functions_are_found() -> None:
    indented = ORIGINAL.replace("\n", "\n    ")
    assert fingerprint_code("class A:" + indented) == fingerprint_code(ORIGINAL)
    inside = fingerprint_code(f"def outer():{indented}\n    return has_close_elements")
    assert fingerprint_code(ORIGINAL) < inside


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no code",
        "\x00def f(",
        "\ud800def f():\n pass",
        "def f(): return " + "(" * 50_000,
        "def f():\n    return " + "+".join(["n"] * 10_000),
        "def f():\n    return 0x" + "f" * 40_000 + "\n" + ORIGINAL,
        "```\n" * 50_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    start = time.process_time()
    fingerprint_code(text)
    assert time.process_time() - start < 5
