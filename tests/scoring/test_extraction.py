"""Completions as models write them -> the program that is judged, or none."""

import ast
import itertools
import time
import warnings

import pytest

from kiyas.data import load_benchmark
from kiyas.records import Problem
from kiyas.scoring.extraction import NO_CODE, extract_code, find_code, find_end
from kiyas.scoring.extraction_rules import EXTRACTION_RULES

PROMPT = '''from typing import List


def scale(value: int) -> int:
    """ Twice the value. """
    return 2 * value


def total(values: List[int], start: int) -> int:
    """ Sum of the scaled values, from start.
    >>> total([1, 2], 1)
    7
    """
'''
PROBLEM = Problem(
    "Made/0", PROMPT, "total", "def check(candidate):\n    assert candidate([], 1) == 1"
)
BODY = "    for value in values:\n        start += scale(value)\n    return start\n"
FUNCTION = f"def total(values, start):\n{BODY}"
BEFORE = PROMPT[: PROMPT.index("def total")]
STUB = "def total(values, start):\n    pass\n"
FIRST_TRY = "def total(values, start):\n    return 1\n"


def fence(code: str) -> str:
    return f"```python\n{code}```\n"


HELPER = (
    "import functools\n\n\n@functools.cache\ndef twice(n):\n    return 2 * n\n\n\nLIMIT = 9\n\n\n"
)
DECORATED = HELPER + "@functools.lru_cache\ndef total(values, start):\n    return twice(LIMIT)\n"
LIST_ITEM = "".join(f"   {line}\n" for line in fence(FUNCTION).splitlines())

# Name: (protocol, completion, rule, program). A program equals the expected one as a syntax tree.
CASES = {
    "continuation": ("completion", BODY, "continuation", PROMPT + BODY),
    "continuation before prose": (
        "completion",
        BODY + "\nThis function doesn't (really) need the list.\n",
        "continuation-cut",
        PROMPT + BODY,
    ),
    "continuation before indented prose": (
        "completion",
        BODY + "\n    This function adds the values.\n",
        "partial-body",
        PROMPT + BODY,
    ),
    "continuation before one word": (
        "completion",
        BODY + "\nExplanation\n\nThe values are added.\n",
        "continuation-cut",
        PROMPT + BODY,
    ),
    "continuation before an unfinished function": (
        "completion",
        BODY + "\n\ndef test_total():\n    assert total([1",
        "continuation-cut",
        PROMPT + BODY,
    ),
    "continuation with a helper behind it": (
        "completion",
        "    return add(values, start)\n\n\ndef add(values, start):\n    return start\n\nIt adds.",
        "continuation-cut",
        PROMPT + "    return add(values, start)\n\ndef add(values, start):\n    return start\n",
    ),
    "continuation that a fence ends": (
        "chat-prefill",
        BODY + "```\n\nIt adds the values.\n",
        "continuation",
        PROMPT + BODY,
    ),
    "prefilled fence that holds nothing, then a whole answer": (
        "chat-prefill",
        "```\nLet me start again.\n" + fence(FUNCTION),
        "last-fence",
        BEFORE + FUNCTION,
    ),
    "whole function as a continuation": (
        "completion",
        "\n" + FUNCTION,
        "continuation",
        PROMPT + FUNCTION,
    ),
    "stub as a continuation, then a fence": (
        "completion",
        "    pass\n" + fence(FUNCTION),
        "last-fence",
        BEFORE + FUNCTION,
    ),
    "chat": ("chat", f"Sure!\n\n{fence(FUNCTION)}\nDone.", "last-fence", BEFORE + FUNCTION),
    "prompt repeated in the fence": (
        "chat",
        fence(PROMPT + BODY),
        "last-fence",
        PROMPT + BODY,
    ),
    "fence opened behind prose": (
        "chat",
        f"The solution: ```python\n{FUNCTION}```",
        "last-fence",
        BEFORE + FUNCTION,
    ),
    "fence closed behind code": (
        "chat",
        f"```\n{FUNCTION.rstrip()}```\n",
        "last-fence",
        BEFORE + FUNCTION,
    ),
    "fence in a list": ("chat", f"1. So:\n{LIST_ITEM}", "last-fence", BEFORE + FUNCTION),
    "unclosed fence": (
        "chat",
        f"Sure!\n```python\n{FUNCTION}",
        "unclosed-fence",
        BEFORE + FUNCTION,
    ),
    "unclosed fence with an unfinished end": (
        "chat",
        f"```python\n{FUNCTION}\n\nprint(total([1,",
        "unclosed-fence",
        BEFORE + FUNCTION,
    ),
    "mended solution with an attribute of its own": (
        "chat",
        fence(FIRST_TRY) + "Fixed:\n" + fence(FUNCTION + "total.memo = {}\n"),
        "last-fence",
        BEFORE + FUNCTION + "total.memo = {}\n",
    ),
    "mended solution with an item that it computes": (
        "chat",
        fence(FIRST_TRY) + "Fixed:\n" + fence(FUNCTION + "seen = {}\nseen[total([], 1)] = 1\n"),
        "last-fence",
        BEFORE + FUNCTION + "seen = {}\nseen[total([], 1)] = 1\n",
    ),
    "two solutions": (
        "chat",
        fence("def total(values, start):\n    return 0\n") + "Better:\n" + fence(FUNCTION),
        "last-fence",
        BEFORE + FUNCTION,
    ),
    "usage in the last fence": (
        "chat",
        fence(FUNCTION) + "Use:\n" + fence("print(total([1], 1))\n"),
        "earlier-fence",
        BEFORE + FUNCTION,
    ),
    "usage that imports the solution": (
        "chat",
        fence(FUNCTION) + fence("from solution import total\nassert total([], 1) == 1\n"),
        "earlier-fence",
        BEFORE + FUNCTION,
    ),
    "complete fence before one that is cut off": (
        "chat",
        fence(FUNCTION) + "Or:\n```python\ndef total(values, start):\n    for value in",
        "earlier-fence",
        BEFORE + FUNCTION,
    ),
    "helper in another fence": (
        "chat",
        fence("def add(a, b):\n    return a + b\n")
        + fence("def total(values, start):\n    return add(start, 1)\n"),
        "joined-fences",
        BEFORE
        + "def add(a, b):\n    return a + b\n"
        + "def total(values, start):\n    return add(start, 1)\n",
    ),
    "helper, global and decorators": ("chat", fence(DECORATED), "last-fence", BEFORE + DECORATED),
    "helper of the prompt defined anew": (
        "chat",
        fence("def scale(value):\n    return 3 * value\n\n" + FUNCTION),
        "last-fence",
        "from typing import List\ndef scale(value):\n    return 3 * value\n" + FUNCTION,
    ),
    "future import": (
        "chat",
        fence("from __future__ import annotations\n" + FUNCTION),
        "last-fence",
        "from __future__ import annotations\n" + BEFORE + FUNCTION,
    ),
    "body alone in a fence": ("chat", f"The body:\n{fence(BODY)}", "last-fence", PROMPT + BODY),
    "doctest output in the fence": (
        "chat",
        fence(FUNCTION + "\n>>> total([], 1)\n1\n"),
        "longest-parseable",
        BEFORE + FUNCTION,
    ),
    "thinking with code, then a fence": (
        "chat",
        f"<think>Try\n{fence('def total(values, start): return 1')}no.</think>\n{fence(FUNCTION)}",
        "last-fence",
        BEFORE + FUNCTION,
    ),
    "thinking that the template opened": (
        "chat",
        f"I add them.\n</think>\n\n{FUNCTION}",
        "after-thinking",
        BEFORE + FUNCTION,
    ),
    "thinking before a continuation": (
        "completion",
        f"<think>I add them.</think>\n{BODY}",
        "after-thinking",
        PROMPT + BODY,
    ),
    "unclosed thinking with code": (
        "chat",
        f"<think>Try\n{fence(FUNCTION)}But what if",
        "inside-thinking",
        BEFORE + FUNCTION,
    ),
    "plain code": ("chat", FUNCTION, "whole-answer", BEFORE + FUNCTION),
    "plain code in prose": (
        "chat",
        f"Here's the code:\n\n{FUNCTION}\nIt's linear.",
        "longest-parseable",
        BEFORE + FUNCTION,
    ),
    "plain helper apart from the function": (
        "chat",
        "A helper:\ndef add(a):\n    return a\nThen:\ndef total(a, b):\n    return add(b)\nOk.",
        "longest-parseable",
        BEFORE + "def add(a):\n    return a\ndef total(a, b):\n    return add(b)\n",
    ),
    "docstring at the margin": (
        "chat",
        'Code:\ndef total(values, start):\n    """\nAdds.\n    """\n    return start\nOk then.',
        "longest-parseable",
        BEFORE + 'def total(values, start):\n    """\nAdds.\n    """\n    return start\n',
    ),
    "function cut off": (
        "chat",
        "```python\ndef total(values, start):\n    start += 1\n    for value in",
        "partial-body",
        BEFORE + "def total(values, start):\n    start += 1\n",
    ),
    "more arguments with defaults": (
        "chat",
        fence("def total(values, start, scale=2):\n    return start\n"),
        "last-fence",
        BEFORE + "def total(values, start, scale=2):\n    return start\n",
    ),
    "lambda": (
        "chat",
        fence("total = lambda *given: given[1]\n"),
        "last-fence",
        BEFORE + "total = lambda *given: given[1]\n",
    ),
    "defined under a condition": (
        "chat",
        fence("import sys\nif sys:\n    def total(values, start):\n        return start\n"),
        "last-fence",
        BEFORE + "import sys\nif sys:\n    def total(values, start):\n        return start\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_program_is_found_and_its_rule_is_named(name):
    protocol, completion, rule, program = CASES[name]
    extraction = extract_code(PROBLEM, completion, protocol)
    assert extraction.rule == rule
    assert ast.dump(ast.parse(extraction.program)) == ast.dump(ast.parse(program))


@pytest.mark.parametrize(
    ("completion", "protocol", "outcome"),
    [
        ("", "chat", "no_code_found"),
        ("I cannot do that.", "chat", "no_code_found"),
        ("The function adds all values.", "completion", "no_code_found"),
        ("def total(values, start):\n    return (", "chat", "syntax_error"),
        ("    return start +\n", "completion", "syntax_error"),
        ("  return start\n", "completion", "indentation_error"),
        ("    pass\n", "completion", "body_missing"),
        (fence(STUB), "chat", "body_missing"),
        (fence(STUB.replace("pass", '"""Adds."""\n    ...')), "chat", "body_missing"),
        (fence(STUB.replace("pass", "raise NotImplementedError()")), "chat", "body_missing"),
        (fence(FUNCTION.replace("total", "sum_up")), "chat", "wrong_entry_point"),
        (fence("class Total:\n    def total(self):\n        pass\n"), "chat", "wrong_entry_point"),
        (fence("def total(values):\n    return 1\n"), "chat", "signature_mismatch"),
        (fence("def total(a, b, c):\n    return 1\n"), "chat", "signature_mismatch"),
        (fence("def total(a, b, *, c):\n    return 1\n"), "chat", "signature_mismatch"),
        (f"<think>{fence(STUB)}", "chat", "body_missing"),
    ],
)  # fmt: skip
def test_a_completion_without_a_solution_gives_no_program_and_the_reason(
    completion, protocol, outcome
):
    extraction, fault = find_code(PROBLEM, completion, protocol)
    assert extraction == NO_CODE
    assert fault.outcome == outcome


@pytest.mark.parametrize("protocol", ["completion", "chat-prefill"])
@pytest.mark.parametrize("body", ["    return 1", "\treturn 1\n\n\n", "    # why\n    return 1\n "])
def test_a_continuation_is_joined_byte_by_byte(protocol, body):
    problem = Problem("Made/1", "def f():\n", "f", "")
    assert extract_code(problem, body, protocol).program == problem.prompt + body


def test_a_stripped_continuation_is_not_repaired():
    assert extract_code(PROBLEM, BODY.strip(), "completion") == NO_CODE


def test_a_prompt_that_is_prose_asks_for_no_signature():
    problem = Problem("Mbpp/2", '"""Find the shared elements."""\n', "shared", "")
    code = "def shared(a, b, c=1):\n    return a\n"
    assert extract_code(problem, fence(code), "chat").program == code


HUMANEVAL = load_benchmark("humaneval").problems


def own_function(problem: Problem) -> str:
    """Return the source of the entry point alone."""
    source = problem.prompt + problem.canonical_solution
    [node] = [n for n in ast.parse(source).body if getattr(n, "name", "") == problem.entry_point]
    return "".join(source.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno])


FORMS = {
    "continuation": ("completion", lambda problem: problem.canonical_solution),
    "continuation and talk": (
        "completion",
        lambda problem: problem.canonical_solution + "\n\nThis (of course isn't tested\n\nx = (",
    ),
    "prefill": ("chat-prefill", lambda problem: problem.canonical_solution + "```\nThat is it."),
    "whole program": (
        "chat",
        lambda problem: "So:\n" + fence(problem.prompt + problem.canonical_solution),
    ),
    # Without what stands before it in the prompt: imports, and the helpers of 10, 32, 38 and 50.
    "function alone": ("chat", lambda problem: "So:\n" + fence(own_function(problem)) + "Done."),
    "body alone": ("chat", lambda problem: "So:\n" + fence(problem.canonical_solution)),
    "unclosed": ("chat", lambda problem: "<think>\n</think>\n```\n" + own_function(problem)),
    "no fence": ("chat", lambda problem: f"Code:\n\n{own_function(problem)}\nIt isn't hard."),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_canonical_solution_is_found_in_every_form(form):
    protocol, write = FORMS[form]
    assert len(HUMANEVAL) == 164
    different = [
        problem.task_id
        for problem in HUMANEVAL
        if ast.dump(ast.parse(extract_code(problem, write(problem), protocol).program))
        != ast.dump(ast.parse(problem.prompt + problem.canonical_solution))
    ]
    assert different == []


MEGABYTE = 1_000_000
HOSTILE = {
    "statements": "x\n",
    "fences": "```\n",
    "opening fences": "```python\nx=1\n",
    "marks": "a```b",
    "brackets": "(",
    "signs": "-",
    "f-strings": '    return f"' + "{x}" * 16_000 + '"\n',
    "definitions": "def total(values, start):\n  return (\n",
    "stubs": "def total(values, start):\n",
    "triple quotes": '"""\\',
    "escaped quotes": "\\'",
    "apostrophes": "'",
    "thinking": "<think></think>",
    "decorators": "@x\n",
    "branches": "else:\n",
    "spaces": " ",
    "line ends": "\n",
    "NUL": "\0",
    "surrogates": "\ud800",
    "separators": "\x0b\x1c\x85\u2028\r",
    "deep sums": "```\ndef total(a, b=" + "1+" * 900 + "1):\n    return 1" + "+1" * 900 + "\n```\n",
    "digits": "    return " + "9" * 5000 + "\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_is_read_within_seconds(name):
    unit = HOSTILE[name]
    text = unit * (MEGABYTE // len(unit))
    for protocol, start in itertools.product(("completion", "chat"), ("", "    ", "```python\n")):
        started = time.process_time()
        extract_code(PROBLEM, start + text, protocol)
        # 0.1 to 0.4 s alone; a crowded machine takes four times that, a quadratic reader minutes
        assert time.process_time() - started < 5


def test_odd_escapes_in_a_completion_warn_nobody():
    code = 'def total(values, start):\n    return "\\d" is start\n'
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert extract_code(PROBLEM, fence(code), "chat").rule == "last-fence"


PIECES = [fence(f"{name} = 1\n") for name in "ABC"]
AUDITED = f"<think>\n{PIECES[0]}</think>\n{PIECES[1]}Or\n{PIECES[2]}"


@pytest.mark.parametrize(
    ("rule", "program"),
    [
        ("as-is", PROMPT + AUDITED),
        ("stripped", PROMPT + AUDITED),
        ("first-fence", PROMPT + "A = 1\n"),
        ("last-fence", PROMPT + "C = 1\n"),
        ("after-thinking", PROMPT + "C = 1\n"),
        ("validated", ""),
    ],
)
def test_each_rule_of_the_audit_takes_its_own_piece(rule, program):
    extraction = EXTRACTION_RULES[rule](PROBLEM, AUDITED, "chat")
    assert extraction.program == program


def test_stripping_breaks_a_continuation_that_is_right_as_it_is():
    as_is = EXTRACTION_RULES["as-is"](PROBLEM, BODY, "completion").program
    stripped = EXTRACTION_RULES["stripped"](PROBLEM, BODY, "completion").program
    compile(as_is, "as-is", "exec")
    with pytest.raises(SyntaxError):
        compile(stripped, "stripped", "exec")


@pytest.mark.parametrize("rule", ["first-fence", "last-fence", "after-thinking"])
def test_the_fence_that_a_prefill_opened_is_the_first_fence(rule):
    text = BODY + "```\nThat is it."
    program = EXTRACTION_RULES[rule](PROBLEM, text, "chat-prefill").program
    assert program == PROMPT + BODY


WHOLE = f"Here it is:\n{fence(FUNCTION)}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (WHOLE + "It adds.\n" + fence("print(total([1], 2))\n"), WHOLE[:-1]),
        # What cannot be the solution does not end the answer: a helper, a stub, nothing returned.
        (fence("x = 1\n") + WHOLE + "So.", fence("x = 1\n") + WHOLE[:-1]),
        (fence(STUB) + WHOLE + "So.", fence(STUB) + WHOLE[:-1]),
        # A solution in the thinking is not the answer.
        (f"<think>{WHOLE}</think>{WHOLE}So.", f"<think>{WHOLE}</think>{WHOLE[:-1]}"),
        # The end is the same however much has been decoded of what follows.
        (WHOLE[:-1], WHOLE[:-1]),
        ("`" + WHOLE[:-1] + "`", "`" + WHOLE[:-1]),
    ],
)
def test_an_answer_is_complete_behind_the_first_fence_with_a_whole_solution(text, kept):
    assert text[: find_end(PROBLEM, text, "chat")] == kept
    assert extract_code(PROBLEM, kept, "chat").program.endswith(FUNCTION)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No code.",
        WHOLE[:-4],
        fence("x = 1\n"),
        fence(STUB),
        f"<think>{WHOLE}",
        FUNCTION,
        "```" * 99,
    ],
)
def test_an_answer_without_a_whole_solution_in_a_fence_is_not_complete(text):
    assert find_end(PROBLEM, text, "chat") is None


@pytest.mark.parametrize("protocol", ["completion", "chat-prefill"])
def test_answers_that_end_by_stop_strings_have_no_other_end(protocol):
    assert find_end(PROBLEM, WHOLE, protocol) is None


def test_thinking_that_the_template_opened_does_not_complete_an_answer():
    prompt = "<|assistant|>\n<think>\n"
    assert find_end(PROBLEM, WHOLE, "chat", prompt) is None
    text = f"{WHOLE}</think>{WHOLE}So."
    assert text[: find_end(PROBLEM, text, "chat", prompt)] == f"{WHOLE}</think>{WHOLE[:-1]}"
    # Thinking that the template has closed itself is over.
    assert find_end(PROBLEM, WHOLE, "chat", "<think>\n\n</think>\n\n") == len(WHOLE) - 1
