import pytest

from kiyas.config.prediction import PredictSettings
from kiyas.prediction.completion_text import CompletionText
from kiyas.prediction.questions import EndRule, ask
from kiyas.prediction.stop_rules import STOP_STRINGS
from kiyas.records import Benchmark, Problem

BODY = """    # comment
    def inner(y):
        return y

    if x:
        print(x)
    return 1"""


@pytest.mark.parametrize(
    "after",
    [
        "\ndef other():",
        "\n\n\ndef other():",
        "\nclass Other:",
        "\n@cache\ndef other():",
        "\nasync def other():",
        '\nif __name__ == "__main__":',
        "\nprint(f(1))",
        "\nassert f(1)",
        "\nimport os",
        "\nfrom os import path",
        "\n```\nThis function",
    ],
)
def test_a_completion_ends_where_the_function_does(tiny_base, after):
    text = CompletionText(tiny_base.tokenizer, STOP_STRINGS["completion"]).cut(BODY + after)
    assert text.rstrip("\n") == BODY


@pytest.mark.parametrize("after", ["\n# more\n    return 2", "\nif x:\n    y = 1"])
def test_a_comment_or_condition_at_the_margin_does_not_end_a_completion(tiny_base, after):
    # bigcode-evaluation-harness issue 308: these cut good code.
    reader = CompletionText(tiny_base.tokenizer, STOP_STRINGS["completion"])
    assert reader.cut(BODY + after) == BODY + after


def test_a_chat_answer_is_never_cut(tiny_base):
    # EleutherAI/lm-evaluation-harness issues 2648 and 2954: stops inside answers scored them 0.
    answer = "Here:\n```python\nimport os\ndef f(x):\n    return 1\nprint(f(1))\n```\nDone."
    assert CompletionText(tiny_base.tokenizer, STOP_STRINGS["chat"]).cut(answer) == answer


def test_a_prefilled_answer_ends_at_the_closing_fence(tiny_base):
    reader = CompletionText(tiny_base.tokenizer, STOP_STRINGS["chat-prefill"])
    assert reader.cut(BODY + "\ndef g():\n    pass\n```\nDone.") == BODY + "\ndef g():\n    pass"


def test_a_study_may_let_a_chat_answer_end_with_its_code(tiny_base):
    benchmark = Benchmark("one", (Problem("one/0", "def f(x):\n", "f", ""),), "0" * 64)
    predict = PredictSettings(stop_strings=["\n```\n"])
    settings = ask(tiny_base, benchmark, "chat", predict).settings
    answer = "Here:\n```python\ndef f(x):\n    return 1\n```\nIt returns one."
    cut = CompletionText(tiny_base.tokenizer, settings.stop_strings).cut(answer)
    assert cut == "Here:\n```python\ndef f(x):\n    return 1"


def test_answers_end_when_they_are_complete_only_where_a_study_says_so(tiny_base):
    problem = Problem("one/0", "def f(x):\n", "f", "")
    benchmark = Benchmark("one", (problem,), "0" * 64)
    asked = []
    rule = EndRule("rule 1", lambda *given: asked.append(given) or 7)
    questions = ask(tiny_base, benchmark, "chat", PredictSettings(), rule)
    assert questions.rows[0].end is None
    predict = PredictSettings(stop_when_complete=True)
    questions = ask(tiny_base, benchmark, "chat", predict, rule)
    assert questions.rows[0].end.find("an answer") == 7
    [given] = asked
    assert given[:3] == (problem, "an answer", "chat")
    assert problem.prompt.strip() in given[3]  # as it was sent
