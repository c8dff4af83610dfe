"""What is measured in one completion: thinking, methods, idioms; hostile text included."""

import time

import pytest

from kiyas.records import Completion, Problem, Score
from kiyas.records.traces import Trace
from kiyas.scoring.traces import measure_repetition, measure_trace

PROBLEM = Problem(
    "t/1",
    "def given(x):\n    return x\n\n\ndef total(n):\n    '''Sum up to n.'''\n",
    "total",
    "def check(candidate):\n    assert candidate(2) == 3\n",
)
LOOP = "def total(n):\n    s = 0\n    for i in range(n + 1):\n        s += i\n    return s\n"
RECURSIVE = "def total(n):\n    return n and n + total(n - 1)\n"


def trace(
    text: str = "", program: str = "", *, rule: str = "last-fence", length: bool = False
) -> Trace:
    reason = "length" if length else "stop"
    completion = Completion("t/1", 0, "chat", "", text, 100, reason, 0.1)  # type: ignore[arg-type]
    outcome = "wrong_answer" if program else "no_code_found"
    rule = rule if program else "none"
    return measure_trace(
        PROBLEM, completion, Score("t/1", 0, outcome, "", rule, program, 0.1, "strong")
    )


def of_program(program: str) -> Trace:
    return trace(program, program)


def test_thinking_tokens_are_the_thinking_share_of_the_characters() -> None:
    text = "<think>" + "a" * 43 + "</think>" + "b" * 42  # 100 characters, 100 tokens
    assert trace(text).num_thinking_tokens == pytest.approx(43)
    assert trace("b" * 100).num_thinking_tokens == 0


def test_a_plan_comes_first_only_if_the_thinking_is_closed_and_the_code_follows_it() -> None:
    closed = f"<think>add them up</think>\n```python\n{LOOP}```\n"
    assert trace(closed, LOOP).plans_first
    assert not trace(closed, LOOP, rule="inside-thinking").plans_first
    assert not trace(f"```python\n{LOOP}```\n", LOOP).plans_first
    assert not trace(f"<think></think>\n{LOOP}", LOOP).plans_first


def test_thinking_that_never_ends_is_unclosed_and_over_reasons() -> None:
    found = trace("<think>and so on and so on", length=True)
    assert (found.is_thinking_unclosed, found.is_truncated, found.over_reasons) == (True,) * 3
    closed = trace("<think>a</think> no code here")
    assert (closed.is_thinking_unclosed, closed.over_reasons) == (False, True)
    assert not trace("no thinking, no code").over_reasons


def test_repetition_is_the_share_of_repeated_four_word_sequences() -> None:
    # "a b" three times: 6 words, 3 sequences, of which abab and baba are different.
    assert measure_repetition("a b a b a b") == pytest.approx(1 / 3)
    assert measure_repetition("one two three four five") == 0
    assert measure_repetition("one two") == 0


METHODS = {
    LOOP: (False, True, False),
    RECURSIVE: (True, False, False),
    "def total(n):\n    return sum(i for i in range(n + 1))\n": (False, False, False),
    # Both in one function, and both in one program but in two functions.
    "def total(n):\n    for i in n:\n        return total(n - 1)\n": (True, True, True),
    RECURSIVE + "def other(n):\n    while n:\n        n -= 1\n": (True, True, False),
    # Functions that call each other in a ring.
    "def total(n):\n    return a(n)\ndef a(n):\n    return b(n)\ndef b(n):\n    return a(n)\n": (
        True,
        False,
        False,
    ),
    "def total(n):\n    return helper(n)\ndef helper(n):\n    return n\n": (False, False, False),
    # A nested function's loop is its own, and a method calls itself through self.
    "def total(n):\n    def f():\n        for i in x:\n            pass\n    return total(n)\n": (
        True,
        True,
        False,
    ),
    "class A:\n    def f(self):\n        return self.f()\n": (True, False, False),
}


@pytest.mark.parametrize(("program", "expected"), METHODS.items())
def test_methods_are_read_from_the_tree(program: str, expected: tuple[bool, bool, bool]) -> None:
    found = of_program(program)
    assert (found.is_recursive, found.is_iterative, found.mixes_methods) == expected


def test_a_caller_of_a_ring_is_not_recursive_itself() -> None:
    ring = "def a(n):\n    return b(n)\ndef b(n):\n    return a(n)\n"
    mixing = "def total(n):\n    for i in n:\n        a(i)\n"
    assert of_program(ring + mixing).mixes_methods is False


IDIOMS = {
    "return [i for i in n]": ("comprehension",),
    "return sum({i for i in n})": ("aggregating-builtin", "comprehension"),
    "return n[::-1] if n else f'{n}'": ("conditional-expression", "f-string", "slice"),
    "import collections\n    return zip(n, n)": ("iteration-builtin", "library"),
    "return (lambda x: x)(n)": ("lambda",),
    "return n": (),
}


@pytest.mark.parametrize(("body", "idioms"), IDIOMS.items())
def test_idioms_are_named(body: str, idioms: tuple[str, ...]) -> None:
    assert of_program(f"def total(n):\n    {body}\n").idioms == idioms


def test_helpers_are_unused_if_the_entry_point_never_reaches_them() -> None:
    used = "def a(n):\n    return b(n)\ndef b(n):\n    return n\n"
    unused = "def c(n):\n    return d(n)\ndef d(n):\n    return c(n)\n"
    entry = "def total(n):\n    return a(n)\n"
    assert of_program(used + entry).num_unused_helpers == 0
    assert of_program(used + unused + entry).num_unused_helpers == 2
    # What the prompt gave is no helper of the answer's own.
    assert of_program(PROBLEM.prompt + "    return n\n").num_unused_helpers == 0
    assert of_program(unused + entry + "print(c(1))\n").num_unused_helpers == 0


def test_equal_definitions_count_as_one_solution_and_different_ones_as_several() -> None:
    assert trace(f"```\n{LOOP}```\nagain\n```\n{LOOP}```\n", LOOP).num_solutions == 1
    assert trace(f"```\n{LOOP}```\nor\n```\n{RECURSIVE}```\n", LOOP).num_solutions == 2
    whole = PROBLEM.prompt + "    return n\n"
    assert trace("    return n\n", whole, rule="continuation").num_solutions == 1
    assert trace("nothing").num_solutions == 0


def test_without_a_program_nothing_is_said_of_the_code() -> None:
    found = trace("prose")
    assert found.is_recursive is None
    assert found.idioms is None
    assert found.num_unused_helpers is None


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "\ud800 def total(" * 1000,
        "(" * 100_000,
        "def total(n):\n    return " + "-" * 40_000 + "n\n",
        "def total(n):\n    return " + "+".join(["n"] * 12_000) + "\n",
        "<think>" * 100_000,
        "def total(n):\n    return n\n" * 20_000,
        "".join(f"def f{i}(n):\n return f{i + 1}(n)\n" for i in range(1500)),
        "word " * 1_000_000,
        "```\n" * 50_000,
        "def total(n): return f'" + "{" * 30_000,
        "x = " + "9" * 40_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_text_is_measured_in_bounded_time(text: str) -> None:
    start = time.process_time()
    for found in (trace(text, text), trace(text, length=True)):
        assert 0 <= found.repetition <= 1
    assert time.process_time() - start < 5
