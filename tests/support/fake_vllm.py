"""The part of vLLM that kiyas calls, in the names and shapes of version 0.33, on a real tiny model.

It refuses keywords that vLLM does not have, answers in steps, mixes adapters in one queue, and
returns from ``step`` only what is finished (``FINAL_ONLY``).
"""

import enum
import sys
import types
from dataclasses import dataclass, field


class RequestOutputKind(enum.Enum):
    CUMULATIVE = 0
    DELTA = 1
    FINAL_ONLY = 2


@dataclass
class SamplingParams:
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: list | None = None
    stop_token_ids: list | None = None
    ignore_eos: bool = False
    max_tokens: int = 16
    logprobs: int | None = None
    detokenize: bool = True
    skip_special_tokens: bool = True
    include_stop_str_in_output: bool = False
    output_kind: RequestOutputKind = RequestOutputKind.CUMULATIVE

    def __post_init__(self):
        assert self.seed is None or 0 <= self.seed < 2**63
        assert self.detokenize or not self.stop  # vLLM finds stop strings in the text


class LoRARequest:
    def __init__(self, lora_name, lora_int_id, lora_path):
        assert lora_int_id >= 1
        self.lora_name, self.lora_int_id, self.lora_path = lora_name, lora_int_id, lora_path


@dataclass
class EngineArgs:
    model: str
    dtype: str = "auto"
    max_model_len: int | None = None
    generation_config: str = "auto"
    enable_lora: bool = False
    max_loras: int = 1
    max_lora_rank: int = 16
    max_num_seqs: int | None = None


@dataclass
class Logprob:
    logprob: float


@dataclass
class CompletionOutput:
    token_ids: list
    finish_reason: str | None
    logprobs: list | None


@dataclass
class RequestOutput:
    request_id: str
    outputs: list
    finished: bool = True


@dataclass
class _Waiting:
    request_id: str
    prompt_ids: list
    params: SamplingParams
    lora: LoRARequest | None


@dataclass
class FakeVllm:
    """The module; ``answer(prompt_ids, params, lora_path) -> (token_ids, reason, logprobs)``."""

    answer: object
    started: list = field(default_factory=list)
    queues: list = field(default_factory=list)
    """Adapters' paths that were together in the queue when a step was taken."""

    def install(self, monkeypatch):
        fake = self

        class LLMEngine:
            @classmethod
            def from_engine_args(cls, arguments):
                fake.started.append(arguments)
                engine = cls()
                engine.arguments, engine.waiting, engine.ids = arguments, [], set()
                return engine

            def add_request(self, request_id, prompt, params, lora_request=None):
                assert isinstance(request_id, str)
                assert request_id not in self.ids  # vLLM wants each id once
                assert len(prompt["prompt_token_ids"]) + params.max_tokens <= (
                    self.arguments.max_model_len
                )
                assert lora_request is None or self.arguments.enable_lora
                self.ids.add(request_id)
                self.waiting.append(
                    _Waiting(request_id, prompt["prompt_token_ids"], params, lora_request)
                )

            def has_unfinished_requests(self):
                return bool(self.waiting)

            def step(self):
                fake.queues.append({w.lora.lora_path if w.lora else None for w in self.waiting})
                done = self.waiting.pop()  # in an order of its own
                path = done.lora.lora_path if done.lora else None
                token_ids, reason, logprobs = fake.answer(done.prompt_ids, done.params, path)
                output = CompletionOutput(token_ids, reason, logprobs)
                return [RequestOutput(done.request_id, [output])]

            def abort_request(self, request_ids):
                self.waiting = [w for w in self.waiting if w.request_id not in request_ids]

        modules = {
            "vllm": {"EngineArgs": EngineArgs, "LLMEngine": LLMEngine},
            "vllm.sampling_params": {
                "SamplingParams": SamplingParams,
                "RequestOutputKind": RequestOutputKind,
            },
            "vllm.lora": {},
            "vllm.lora.request": {"LoRARequest": LoRARequest},
        }
        for name, content in modules.items():
            module = types.ModuleType(name)
            module.__dict__.update(content)
            monkeypatch.setitem(sys.modules, name, module)
        return self
