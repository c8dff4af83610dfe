"""A base's folder -> the same model in OpenVINO's form, made once and kept in the cache.

The model is traced with its keys and values as inputs and outputs, which OpenVINO then keeps as
state. optimum-intel, the usual way, holds transformers below the version that kiyas needs. Weights
stay float32, twice the size of a bfloat16 base; precision is chosen when the model is compiled. A
converted model is taken only if its logits are those of the original.

Source: OpenVINO's documentation of stateful models and of ``convert_model`` (2026.4).
"""

from __future__ import annotations

import hashlib
import importlib
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, DynamicCache, PreTrainedModel

from kiyas.errors import MissingExtraError, ModelError, first_line
from kiyas.models import BaseSource
from kiyas.models.base import quiet_libraries
from kiyas.models.wheels import cache_folder, keep_in_cache

_VERSION = 1
"""Raised when the same base would be converted otherwise."""
_MODEL = "openvino_model.xml"
_TOLERANCE = 1e-3
"""Relative difference of logits that the order of float32 sums explains, with room."""
_TRACED = (2, 3, 4)
"""Rows, new tokens and cached tokens of the example that is traced."""


def openvino_module(name: str) -> Any:
    """Import a part of OpenVINO; imported by name, because it carries few types.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("the openvino engine", "openvino") from error


def convert_base(source: BaseSource, say: Callable[[str], None]) -> Path:
    """Return the folder of a base in OpenVINO's form; convert it first if it is not there.

    Raises:
        ModelError: The base cannot be converted, or is not the same afterwards.
        MissingExtraError: OpenVINO is not installed.
    """
    openvino = openvino_module("openvino")
    mark = f"{source.fingerprint}\n{_VERSION}\n{openvino.__version__}"
    key = hashlib.sha256(mark.encode()).hexdigest()[:16]
    size = sum(path.stat().st_size for path in source.path.glob("*.safetensors"))

    def make(work: Path) -> Path:
        say(f"converting {source.name} for OpenVINO, once ({2 * size // 10**6} MB in the cache)")
        return _convert(source, work / "converted")

    return keep_in_cache(cache_folder() / "openvino" / key, _MODEL, 2 * size // 10**6, make)


def _convert(source: BaseSource, target: Path) -> Path:
    openvino = openvino_module("openvino")
    quiet_libraries()
    load: Any = AutoModelForCausalLM.from_pretrained
    model: PreTrainedModel = load(
        source.path, dtype=torch.float32, attn_implementation="sdpa", local_files_only=True
    ).eval()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracing warns of every shape that it fixes
            converted = _traced(model)
        target.mkdir(parents=True)
        openvino.save_model(converted, target / _MODEL, compress_to_fp16=False)
        difference = _difference(model, target / _MODEL)
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise _unfit(source, first_line(error)) from error
    if not difference <= _TOLERANCE:
        raise _unfit(source, f"logits that differ by {difference:.1%}")
    shutil.copy(source.path / "config.json", target)
    return target


class _Decoder(torch.nn.Module):
    """The model with its keys and values as plain inputs and outputs."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.causal = model

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        position_ids: torch.Tensor,
        *states: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        cache = DynamicCache(config=self.causal.config)
        layers: Any = cache.layers
        for layer, keys, values in zip(layers, states[::2], states[1::2], strict=True):
            layer.lazy_initialization(keys, values)
            layer.keys, layer.values = keys, values
        num_new, num_all = input_ids.shape[1], attention_mask.shape[1]
        key_positions = torch.arange(num_all)[None, None, None, :]
        positions = (torch.arange(num_new) + (num_all - num_new))[None, None, :, None]
        visible = (key_positions <= positions) & attention_mask[:, None, None, :].bool()
        hidden = torch.zeros(visible.shape).masked_fill(~visible, torch.finfo(torch.float32).min)
        logits: torch.Tensor = self.causal(
            input_ids=input_ids,
            attention_mask=hidden,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
        ).logits
        after = [state for layer in layers for state in (layer.keys, layer.values)]
        return (logits, *after)


def _traced(model: PreTrainedModel) -> Any:
    """Return the model as OpenVINO's stateful model with the names that its pipelines expect."""
    openvino = openvino_module("openvino")
    config = model.config.get_text_config()
    num_rows, num_new, num_cached = _TRACED
    heads = config.num_key_value_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    names = [
        f"{index}.{kind}" for index in range(config.num_hidden_layers) for kind in ("key", "value")
    ]
    positions = torch.arange(num_cached, num_cached + num_new).repeat(num_rows, 1)
    example = (
        torch.ones(num_rows, num_new, dtype=torch.long),
        torch.ones(num_rows, num_cached + num_new, dtype=torch.long),
        positions,
        *(torch.randn(num_rows, heads, num_cached, size) for _ in names),
    )
    trace: Any = torch.jit.trace
    traced = trace(_Decoder(model), example, strict=False, check_trace=False)
    converted = openvino.convert_model(traced, example_input=example)
    inputs = ["input_ids", "attention_mask", "position_ids"]
    inputs += [f"past_key_values.{name}" for name in names]
    outputs = ["logits", *(f"present.{name}" for name in names)]
    for port, name in zip(converted.inputs, inputs, strict=True):
        is_state = name.startswith("past")
        port.get_tensor().set_names({name})
        port.get_node().set_friendly_name(name)
        shape = [-1, heads, -1, size] if is_state else [-1, -1]
        port.get_node().set_partial_shape(openvino.PartialShape(shape))
    for port, name in zip(converted.outputs, outputs, strict=True):
        port.get_tensor().set_names({name})
    converted.validate_nodes_and_infer_types()
    _keep_states(converted, names, (heads, size))
    return converted


def _keep_states(converted: Any, names: list[str], shape: tuple[int, int]) -> None:
    """Turn keys and values from inputs and outputs into state, empty at the start of a row."""
    openvino = openvino_module("openvino")
    ops = openvino_module("openvino.opset13")
    passes = openvino_module("openvino._offline_transformations")
    beams = ops.parameter(openvino.PartialShape([-1]), openvino.Type.i32, name="beam_idx")
    beams.output(0).get_tensor().add_names({"beam_idx"})
    converted.add_parameters([beams])
    zero = ops.constant(0)
    for port in converted.inputs:
        if port.get_any_name().startswith("past"):
            readers = port.get_target_inputs()
            ordered = ops.gather(port.get_node(), beams, zero)
            for reader in readers:
                reader.replace_source_output(ordered.output(0))
    passes.apply_make_stateful_transformation(
        converted, {f"past_key_values.{name}": f"present.{name}" for name in names}
    )
    heads, size = shape
    ids_shape = ops.shape_of(converted.input("input_ids").get_node(), output_type="i64")
    num_rows = ops.gather(ids_shape, ops.constant([0]), zero)
    empty_shape = ops.concat([num_rows, ops.constant([heads, 0, size])], 0)
    for operation in converted.get_ops():
        if operation.get_type_name() == "ReadValue":
            empty = ops.broadcast(ops.constant(0.0, dtype="float32"), empty_shape)
            operation.set_arguments([empty.output(0)])
    converted.validate_nodes_and_infer_types()


def _difference(model: PreTrainedModel, path: Path) -> float:
    """Return how far the converted model's logits are from the original's, relatively."""
    openvino = openvino_module("openvino")
    precise = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}
    request = openvino.Core().compile_model(path, "CPU", precise).create_infer_request()
    prompt = torch.arange(1, 8)[None]
    with torch.inference_mode():
        expected = model(input_ids=prompt, use_cache=False).logits[0, -1]
    for start, end in ((0, 4), (4, 6), (6, 7)):  # from an empty state, in parts of any length
        request.infer(
            {
                "input_ids": prompt[:, start:end].numpy(),
                "attention_mask": torch.ones(1, end, dtype=torch.long).numpy(),
                "position_ids": torch.arange(start, end)[None].numpy(),
                "beam_idx": torch.zeros(1, dtype=torch.int32).numpy(),
            }
        )
    found = torch.from_numpy(request.get_tensor("logits").data[0, -1].copy())
    return float((found - expected).norm() / expected.norm())


def _unfit(source: BaseSource, received: str) -> ModelError:
    return ModelError(
        "this kind of model cannot be converted for the openvino engine",
        where=f"base {source.name}",
        received=received,
        expected="a decoder whose layers all keep keys and values of every token",
        next_step="set `predict.engine: transformers`",
    )
