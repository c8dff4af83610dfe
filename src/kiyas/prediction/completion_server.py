"""JSON questions -> a server's JSON answers over HTTP, asked again while the server is away.

Speaks to any server with OpenAI's interface (vLLM, SGLang, llama.cpp). A server that is away,
overloaded, or breaks off in the middle of an answer is asked again after growing waits, or longer
ones that it asks for; one that refuses is not. Knows nothing of rows and adapters.
"""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kiyas.errors import PredictionError

_WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Waits before a question is put again: about a minute, in which a server can start again."""
_LATER = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that may be gone when the same question is put again."""
_LONGEST_MESSAGE = 300
"""Characters of a server's message that are shown."""


class RefusalError(Exception):
    """The server has understood a question and will not answer it.

    Args:
        status: HTTP status.
        message: What the server says.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}")
        self.status = status


class _AwayError(Exception):
    """The server gave no whole answer; the same question may be put again.

    Args:
        reason: Why, in a few words.
        wait_s: Seconds that the server asks to wait; 0 if it names none.
    """

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Address:
    """Where a server is."""

    url: str
    """Its address, with or without the final ``/v1``."""
    api_key: str | None = None
    """Sent as a bearer token."""
    timeout_s: float = 600.0
    """Seconds that one answer may take."""

    @property
    def root(self) -> str:
        """Return the address under which OpenAI's paths lie."""
        plain = self.url.rstrip("/")
        return plain if plain.endswith("/v1") else f"{plain}/v1"


class CompletionServer:
    """A server that is asked over HTTP; may be used by several threads at a time.

    Args:
        address: Where it is.
        say: Is told, once, that the server is away and is asked again.
        waits_s: Seconds before each further attempt, at least; about a minute in all if not given.
    """

    def __init__(
        self,
        address: Address,
        *,
        say: Callable[[str], None] = lambda _: None,
        waits_s: Sequence[float] | None = None,
    ) -> None:
        self.address, self._say = address, say
        self._waits_s = _WAITS_S if waits_s is None else tuple(waits_s)
        self._lock, self._has_said = threading.Lock(), False
        self._closed = threading.Event()

    def get(self, path: str) -> Any:
        """Return what is at a path, such as ``models``."""
        return self._ask(path, None, _parsed)

    def away_reason(self) -> str | None:
        """Ask once what is served; return why no answer came, None if one did, of any kind."""
        try:
            _parsed(self._ask_once("models", None))
        except _AwayError as error:
            return str(error)
        except RefusalError:
            pass
        return None

    def post(
        self,
        path: str,
        question: dict[str, Any],
        *,
        find_break: Callable[[Any], str | None] = lambda _: None,
    ) -> Any:
        """Put a question and return the answer.

        Args:
            path: Where, such as ``completions``.
            question: The question.
            find_break: An answer -> why the server did not bring it to its end, None if it did;
                the question is put again, as if half of the answer had come.

        Raises:
            RefusalError: The server will not answer this question.
            PredictionError: The server is away, also after the last wait.
        """

        def read(body: bytes) -> Any:
            answer = _parsed(body)
            reason = find_break(answer)
            if reason is not None:
                raise _AwayError(reason)
            return answer

        return self._ask(path, json.dumps(question).encode(), read)

    def tell(self, path: str, order: dict[str, Any]) -> None:
        """Give an order whose answer is no JSON; raises as ``post`` does."""
        self._ask(path, json.dumps(order).encode(), lambda _: None)

    def close(self) -> None:
        """End the waits; a question under way is not put again."""
        self._closed.set()

    def refused(self, error: RefusalError) -> PredictionError:
        """Return what a user is told of a refusal."""
        next_step = {
            401: "name the variable that holds the key in `predict.server.api_key_env`",
            403: "name the variable that holds the key in `predict.server.api_key_env`",
            404: "check the address: /v1/models and /v1/completions must be there",
        }.get(error.status)
        return PredictionError(
            "the server refuses the question",
            where=f"predict.server.url, {self.host}",
            received=str(error),
            expected="a server with OpenAI's /v1/completions",
            next_step=next_step
            or "if it reads no token ids, set `predict.server.sends_text: true`",
        )

    def unreadable(self, expected: str, received: str | None = None) -> PredictionError:
        """Return what a user is told of an answer that is JSON and yet no answer."""
        return PredictionError(
            "the server's answer cannot be read",
            where=f"predict.server.url, {self.host}",
            received=received,
            expected=f"{expected}, as in OpenAI's interface",
        )

    @property
    def host(self) -> str:
        """Return the address without a name and password that it may hold."""
        return urlsplit(self.address.url).netloc.rpartition("@")[2]

    def _ask(self, path: str, body: bytes | None, read: Callable[[bytes], Any]) -> Any:
        for wait in (*self._waits_s, None):
            try:
                return read(self._ask_once(path, body))
            except _AwayError as error:
                if wait is None or self._closed.is_set():
                    raise self._gave_up(str(error)) from error
                self._say_once(str(error))
                self._closed.wait(max(wait, error.wait_s))
        raise AssertionError("the last wait is None")

    def _ask_once(self, path: str, body: bytes | None) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.address.api_key is not None:
            headers["Authorization"] = f"Bearer {self.address.api_key}"
        # The study's schema takes no address but http:// and https://.
        request = urllib.request.Request(  # noqa: S310
            f"{self.address.root}/{path}", data=body, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=self.address.timeout_s) as answer:  # noqa: S310
                whole: bytes = answer.read()
                return whole
        except urllib.error.HTTPError as error:
            message = _message(error)
            if error.code in _LATER:
                wait_s = min(_asked_wait_s(error), self.address.timeout_s)
                raise _AwayError(f"HTTP {error.code}: {message}", wait_s) from error
            raise RefusalError(error.code, message) from error
        except (OSError, http.client.HTTPException) as error:  # a refused or broken connection
            raise _AwayError(_reason(error)) from error

    def _say_once(self, reason: str) -> None:
        with self._lock:
            if self._has_said:
                return
            self._has_said = True
        self._say(f"the server at {self.host} does not answer ({reason}); asking again")

    def _gave_up(self, reason: str) -> PredictionError:
        return PredictionError(
            "the server does not answer",
            where=f"predict.server.url, {self.host}",
            received=f"{reason}, {len(self._waits_s) + 1} times",
            expected="a server with OpenAI's /v1/completions",
            next_step="start it, then give the same command again: it goes on from here",
        )


def _parsed(body: bytes) -> Any:
    """Read an answer; half an answer is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _AwayError(f"{len(body)} bytes that are no JSON") from error


def _message(error: urllib.error.HTTPError) -> str:
    """Return what a server says of an error, in the forms that are about."""
    try:
        body = error.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        body = ""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = body
    for key in ("error", "message", "detail"):
        if isinstance(said, dict) and key in said:
            said = said[key]
    text = said if isinstance(said, str) else json.dumps(said)
    return (text.strip() or str(error.reason))[:_LONGEST_MESSAGE]


def _asked_wait_s(error: urllib.error.HTTPError) -> float:
    """Return the seconds of ``Retry-After``; 0 where there are none, or a date instead."""
    given = error.headers.get("Retry-After", "").strip()
    return float(given) if given.isdecimal() else 0.0


def _reason(error: Exception) -> str:
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(inner).strip() or type(inner).__name__
