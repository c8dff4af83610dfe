"""Completion, extraction and verdict -> the label of the failure taxonomy."""

import pytest

from kiyas.records import Completion, Extraction
from kiyas.sandbox import Verdict
from kiyas.scoring.outcomes import OUTCOME_GROUPS, is_repeating, name_outcome
from kiyas.scoring.source import Fault

PROGRAM = "def f(x):\n    return x\n"
WHOLE = Extraction(PROGRAM, "last-fence")
NONE = Extraction("", "none")


def completion(text="```python\n" + PROGRAM + "```\n", finish_reason="stop"):
    return Completion("Made/0", 0, "chat", "", text, 9, finish_reason, 0.1)


def failed(exception, detail="", num_calls=1, strength="split"):
    return Verdict("Made/0", "failed", detail, exception, num_calls=num_calls, strength=strength)


def outcome(verdict, extraction=WHOLE, fault=None, **fields):
    return name_outcome(completion(**fields), extraction, verdict, fault, "f")[0]


@pytest.mark.parametrize(
    ("verdict", "label"),
    [
        (Verdict("Made/0", "passed", num_calls=3), "passed"),
        (Verdict("Made/0", "harness_error", "lost"), "sandbox_error"),
        (Verdict("Made/0", "unsupported", "import of numpy"), "unsupported"),
        (Verdict("Made/0", "timeout"), "timeout"),
        (Verdict("Made/0", "memory"), "memory"),
        (Verdict("Made/0", "crashed", signal=11), "crashed"),
        (failed(None, "reply of 9000000 bytes"), "output_limit"),
        (failed("AssertionError", "assert candidate(1) == 2"), "wrong_answer"),
        (failed("AssertionError", "no (at: assert x, 'no')"), "other_exception"),
        (failed("NameError"), "name_error"),
        (failed("UnboundLocalError"), "name_error"),
        (failed("KeyError"), "lookup_error"),
        (failed("UnicodeDecodeError"), "value_error"),
        (failed("RecursionError"), "recursion_error"),
        (failed("MadeUpError"), "other_exception"),
        (failed("print"), "other_exception"),
        (failed("SystemExit"), "other_exception"),
        (failed("ModuleNotFoundError", num_calls=0), "import_error"),
        (failed("EOFError", num_calls=0), "stdin_read"),
        (failed("IndentationError", num_calls=0), "indentation_error"),
        (failed("SyntaxError", num_calls=0), "syntax_error"),
        (failed("ZeroDivisionError", num_calls=0), "top_level_error"),
        (failed("NameError", "the solution does not define 'f'", 0), "wrong_entry_point"),
        (failed("ZeroDivisionError", num_calls=0, strength="in-cell"), "zero_division"),
    ],
)
def test_a_verdict_gives_one_label(verdict, label):
    assert outcome(verdict) == label


def test_a_wrong_answer_of_a_function_that_returns_nothing_is_told_apart():
    silent = Extraction("def f(x):\n    print(x)\n", "last-fence")
    verdict = failed("AssertionError", "assert candidate(1) == 2")
    assert outcome(verdict, silent) == "returned_none"


@pytest.mark.parametrize(
    ("text", "finish_reason", "label"),
    [
        ("", "stop", "empty"),
        (" \n", "length", "empty"),
        ("Nothing.", "stop", "no_code_found"),
        ("Let me think", "length", "truncated"),
        ("I add. " * 30, "length", "degenerate_loop"),
        ("!!!!", "error", "decoding_error"),
    ],
)
def test_without_a_program_decoding_is_blamed_before_the_text(text, finish_reason, label):
    fault = Fault("no_code_found", "no code")
    assert outcome(None, NONE, fault, text=text, finish_reason=finish_reason) == label


def test_a_failing_function_at_the_token_limit_is_truncated():
    unclosed = Extraction(PROGRAM, "unclosed-fence")
    verdict = failed("AssertionError", "assert candidate(1) == 2")
    text = "```python\n" + PROGRAM
    assert outcome(verdict, unclosed, text=text, finish_reason="length") == "truncated"


def test_a_whole_function_before_the_token_limit_is_judged_by_its_answers():
    verdict = failed("AssertionError", "assert candidate(1) == 2")
    text = "```python\n" + PROGRAM + "```\nThis works because"
    assert outcome(verdict, text=text, finish_reason="length") == "wrong_answer"


def test_a_pass_at_the_token_limit_is_a_pass():
    assert outcome(Verdict("Made/0", "passed"), finish_reason="length") == "passed"


def test_a_partial_function_that_fails_is_blamed_for_what_was_cut_off():
    fault = Fault("indentation_error", "IndentationError: unexpected indent (line 3)")
    verdict = failed("AssertionError", "assert candidate(1) == 2")
    partial = Extraction(PROGRAM, "partial-body")
    assert outcome(verdict, partial, fault) == "indentation_error"


def test_a_fault_of_the_cage_is_never_charged_to_a_truncated_completion():
    verdict = Verdict("Made/0", "harness_error", "lost")
    assert outcome(verdict, text="def f", finish_reason="length") == "sandbox_error"


def test_passed_is_the_only_outcome_in_its_group():
    assert [label for label, group in OUTCOME_GROUPS.items() if group == "pass"] == ["passed"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so " * 40, True),
        ("intro " + "a long sentence that is written again. " * 5, True),
        ("def f(x):\n    return x\n" + "\n" * 90, False),
        ("aaa", False),
        ("for row in rows:\n    total += row\nreturn total, count, mean, deviation\n", False),
    ],
)
def test_only_a_text_that_ends_in_copies_of_itself_is_repeating(text, expected):
    assert is_repeating(text) == expected
