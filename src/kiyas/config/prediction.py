"""``predict:`` of a code study: how completions are decoded, and by what."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from kiyas.config.sections import Section

_DAY_S = 86_400
_LEAST_TEMPERATURE = 0.01
"""vLLM takes this one instead of a lower one, and division by far lower ones overflows."""


def _reachable(url: str) -> str:
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise PydanticCustomError(
            "holds_secret",
            "input should hold no name and password; `api_key_env` names the variable of a key",
        )
    if not (url.isascii() and url.isprintable() and _has_host(url)):
        raise PydanticCustomError(
            "no_address", "input should be an address in ASCII, such as http://localhost:8000/v1"
        )
    return url


def _has_host(url: str) -> bool:
    """Return whether an address names a host, and a port only if there may be such a one."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _greedy_or_warm(temperature: float) -> float:
    if 0 < temperature < _LEAST_TEMPERATURE:
        raise PydanticCustomError("cold", "input should be 0 (greedy) or at least 0.01")
    return temperature


class ServerSettings(Section):
    """A running server with OpenAI's interface: vLLM, SGLang, llama.cpp."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$"), AfterValidator(_reachable)] = Field(
        description="Its address, such as http://localhost:8000/v1."
    )
    model: str | None = Field(
        default=None, min_length=1, description="Name of the base there; its only one if not given."
    )
    api_key_env: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable that holds the key; the key itself stays out of files.",
    )
    timeout_s: float = Field(
        default=600.0, gt=0, le=_DAY_S, description="Seconds that an answer may take."
    )
    sends_text: bool = Field(
        default=False, description="Send prompts as text, for a server that reads no token ids."
    )


class PredictSettings(Section):
    """How completions are decoded."""

    max_new_tokens: int = Field(default=1024, ge=1, description="Token limit of a completion.")
    temperature: Annotated[float, Field(ge=0), AfterValidator(_greedy_or_warm)] = Field(
        default=0.0, description="0 is greedy; else at least 0.01."
    )
    top_p: float = Field(default=1.0, gt=0, le=1, description="Nucleus of sampled decoding.")
    stop_strings: list[Annotated[str, Field(min_length=1)]] | None = Field(
        default=None,
        description="A completion ends before the first of these, besides what ends it under its "
        'protocol: saves what follows an answer whose form is known, such as "\\n```\\n".',
    )
    stop_when_complete: bool = Field(
        default=False,
        description="A chat answer ends behind the first fence that holds a whole solution, where "
        "the rule of extraction would look for a better one in what follows. Saves that time.",
    )
    num_samples: int = Field(default=1, ge=1, description="Completions a problem (K).")
    seed: int = Field(default=0, ge=0, description="Sampling seed, shared by all arms by problem.")
    batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        default="auto", description="Rows decoded together; auto asks the machine."
    )
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Precision of decoding; auto asks the processor."
    )
    engine: Literal["auto", "transformers", "vllm", "openvino", "openai"] = Field(
        default="auto",
        description="What decodes; auto takes vllm on a GPU where it is installed, else "
        "transformers. openai is a running server, named by `server`.",
    )
    server: ServerSettings | None = Field(
        default=None, description="The server of `engine: openai`."
    )
    cache: bool = Field(
        default=True,
        description="Take completions that this machine has decoded before, with everything equal. "
        "It keeps those used last, KIYAS_COMPLETIONS_MB megabytes of them (1024 if not set).",
    )
    determinism_problems: int = Field(
        default=8,
        ge=0,
        description="Problems decoded once more, alone, to see the noise of decoding; 0 for none.",
    )
    reference_likelihood: Literal["auto"] | bool = Field(
        default="auto",
        description="Ask every checkpoint how likely the reference solutions are; auto does so "
        "where all of them pass less than 10 % or more than 90 % of the problems.",
    )
