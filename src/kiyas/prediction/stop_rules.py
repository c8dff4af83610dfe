"""A protocol -> the strings at which a completion is over.

Only ``completion`` and ``chat-prefill`` have them: a free chat answer ends with its turn, and
cutting one at a ``def`` is the fault that scores good answers 0
(EleutherAI/lm-evaluation-harness issues 2648 and 2954).
"""

from __future__ import annotations

from kiyas.records import Protocol

STOP_STRINGS: dict[Protocol, tuple[str, ...]] = {
    "completion": (
        "\ndef ",
        "\nasync def ",
        "\nclass ",
        "\n@",
        "\nimport ",
        "\nfrom ",
        "\nassert ",
        "\nprint(",
        "\nif __name__",
        "\n```",
    ),
    "chat": (),
    "chat-prefill": ("\n```",),
}
"""By protocol: what begins something that is no longer the function asked for.

``completion`` is EvalPlus's set (``evalplus/provider/utility.py``) with ``async def``, decorators,
which a cut before the ``def`` would leave behind as a syntax error, and the fence. A comment or an
``if`` at the margin is not in it: they cut good code (bigcode-evaluation-harness issue 308).
"""
