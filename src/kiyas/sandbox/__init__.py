"""Problems and untrusted solutions -> verdicts; front doors ``Cage`` and ``run_tests``."""

from .isolation import probe_isolation, self_test, what_would_raise
from .pool import Cage, run_tests
from .records import CAGE_VERSION, Act, Isolation, Limits, Problem, SandboxError, Verdict

__all__ = [
    "CAGE_VERSION",
    "Act",
    "Cage",
    "Isolation",
    "Limits",
    "Problem",
    "SandboxError",
    "Verdict",
    "probe_isolation",
    "run_tests",
    "self_test",
    "what_would_raise",
]
