"""Names of the bases that need no Hub, and whether a study's base is one of them.

``models.embedded`` knows how each is made.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from kiyas.config.conflict import Conflict, KeyPath

EMBEDDED_PREFIX = "embedded:"
EMBEDDED_DECODER = "embedded:smollm2-135m-instruct"
EMBEDDED_ENCODER = "embedded:minilm-l6"


def find_unknown_bases(
    base: str | None, arm_bases: Sequence[str | None], known: Sequence[str]
) -> Iterator[Conflict]:
    """Yield each name of an embedded base that is none of those that a study can use.

    Args:
        base: The study's base.
        arm_bases: The base that each arm names, None where it names none.
        known: The embedded bases that fit the task.
    """
    named: list[tuple[KeyPath, str | None]] = [(("base",), base)]
    named += [(("arms", index, "base"), name) for index, name in enumerate(arm_bases)]
    for key, name in named:
        if name is None or not name.startswith(EMBEDDED_PREFIX) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean `{near[0]}`?)" if near else ""
        yield Conflict(key, f"no such embedded model for this task{hint}", name, " or ".join(known))
