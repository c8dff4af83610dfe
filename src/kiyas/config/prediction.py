"""``predict:`` of a code study: how completions are decoded, and by what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kiyas.config.sections import Section


class ServerSettings(Section):
    """A running server with OpenAI's interface: vLLM, SGLang, llama.cpp."""

    url: str = Field(
        pattern=r"^https?://[^\s/]+", description="Its address, such as http://localhost:8000/v1."
    )
    model: str | None = Field(
        default=None, min_length=1, description="Name of the base there; its only one if not given."
    )
    api_key_env: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable that holds the key; the key itself stays out of files.",
    )
    timeout_s: float = Field(default=600.0, gt=0, description="Seconds that an answer may take.")
    sends_text: bool = Field(
        default=False, description="Send prompts as text, for a server that reads no token ids."
    )


class PredictSettings(Section):
    """How completions are decoded."""

    max_new_tokens: int = Field(default=1024, ge=1, description="Token limit of a completion.")
    temperature: float = Field(default=0.0, ge=0, description="0 is greedy.")
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
    batch_size: int | Literal["auto"] = Field(
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
