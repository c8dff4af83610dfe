"""What a user can be told when something is wrong; the floor on which everything stands.

::

    KiyasError                 shown without a traceback, exit code 1
    ├── StudyError             the study file: every fault at once, with file, line and key
    ├── DataError              a data file or data set: file and row
    ├── ModelError             a base model, tokenizer or adapter
    ├── TrainingError          a trial that cannot train, or trained nothing
    ├── PredictionError        decoding that cannot go on
    ├── ScoringError           a benchmark or cage that cannot judge (a wrong answer is a score)
    ├── ExecutionError         a cluster, its nodes or their shared storage
    ├── RunFolderError         the run folder: locked, foreign, unreadable, disk full
    └── MissingExtraError      an optional part of kiyas is not installed

A wrong, late or crashing completion is data, not an exception. Everything that is not a
``KiyasError`` is a bug of kiyas and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Callable


class KiyasError(Exception):
    """A fault that the user can mend.

    Args:
        what: What is wrong, in one plain sentence.
        where: File, line and key, or the step of the run.
        received: What was found there.
        expected: What would have been right.
        next_step: What to do now; a command if there is one.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        received: object = None,
        expected: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.received = received
        self.expected = expected
        self.next_step = next_step

    def __str__(self) -> str:
        return self.tell(str)

    def tell(self, say: Callable[[str], str]) -> str:
        """Return the fault in lines.

        Args:
            say: Puts a text into the reader's language, as ``kiyas.faults.say_fault`` does.
        """
        lines = [f"{say(self.where)}: {say(self.what)}" if self.where else say(self.what)]
        for label, text in (
            (say("received"), self.received),
            (say("expected"), self.expected),
            (say("next"), self.next_step),
        ):
            if text is not None:
                lines.append(f"  {label}: {say(str(text))}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return the error as plain values, for ``--json``."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "received": None if self.received is None else str(self.received),
            "expected": self.expected,
            "next_step": self.next_step,
        }


class StudyError(KiyasError):
    """The study file is wrong; ``faults`` holds every fault found, not only the first.

    ``language`` is the code that the study asks for, None if it names none that there is.
    """

    def __init__(
        self,
        what: str,
        *,
        faults: list[KiyasError] | None = None,
        language: str | None = None,
        **details: str,
    ) -> None:
        super().__init__(what, **details)
        self.faults = faults or []
        self.language = language

    def tell(self, say: Callable[[str], str]) -> str:
        """Return the study's faults in lines, one after the other; itself if it has none."""
        if not self.faults:
            return super().tell(say)
        lines = [say(self.what), *(fault.tell(say) for fault in self.faults)]
        if self.next_step is not None:
            lines.append(f"{say('next')}: {say(self.next_step)}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return the error and each of its faults as plain values."""
        return {**super().to_dict(), "faults": [fault.to_dict() for fault in self.faults]}


class DataError(KiyasError):
    """A data file or data set cannot be used."""


class ModelError(KiyasError):
    """A base model, tokenizer or adapter cannot be used."""


class TrainingError(KiyasError):
    """A trial cannot train, or would train nothing."""


class PredictionError(KiyasError):
    """Decoding cannot start or go on."""


class ScoringError(KiyasError):
    """A benchmark, its data or the cage cannot judge."""


class ExecutionError(KiyasError):
    """A cluster cannot be reached, lacks what a job needs, or its nodes share no storage."""


class RunFolderError(KiyasError):
    """The run folder is locked, belongs to another study, or cannot be read or written."""


class MissingExtraError(KiyasError):
    """An optional part of kiyas is needed and not installed.

    Args:
        feature: What the user asked for.
        extra: The extra that carries it, such as ``train``.
        details: ``where``, ``received`` and ``expected``, if a key asks for it.
    """

    def __init__(self, feature: str, extra: str, **details: str) -> None:
        super().__init__(
            f"{feature} needs packages that are not installed",
            **details,
            next_step=f"pip install 'kiyas[{extra}]'",
        )


def first_line(error: BaseException) -> str:
    """Return what a library's error says first, or its class where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
