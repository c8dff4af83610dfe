"""Runs ``kiyas run STUDY`` and kills itself by SIGKILL at a moment: kill_at.py MOMENT N STUDY ...

Moments: ``training`` (the N-th optimiser step), ``prediction`` and ``scoring`` (after the N-th time
that lines were appended to samples.jsonl or scores.jsonl), ``writing`` (the N-th file made safe on
disk).
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from kiyas.cli import main
from kiyas.run_folder import LineWriter


def die_after(count: int, wanted: Callable[..., bool], function: Callable[..., Any]) -> Any:
    """Wrap a function so that the process dies when it has been called for the count-th time."""
    calls = 0

    def counted(*arguments: Any, **keywords: Any) -> Any:
        nonlocal calls
        result = function(*arguments, **keywords)
        calls += wanted(*arguments)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return counted


if __name__ == "__main__":
    moment, number, *arguments = sys.argv[1:]
    if moment == "training":
        import torch

        torch.optim.AdamW.step = die_after(int(number), lambda *_: True, torch.optim.AdamW.step)
    elif moment == "writing":
        os.fsync = die_after(int(number), lambda *_: True, os.fsync)
    else:
        name = {"prediction": "samples", "scoring": "scores"}[moment]
        LineWriter.append = die_after(
            int(number), lambda writer, _: name in str(writer._path), LineWriter.append
        )
    sys.argv = ["kiyas", "run", *arguments]
    main()
