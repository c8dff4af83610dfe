"""A folder with a causal LM of two layers and a tokenizer of one token a byte."""

from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Starcoder2Config,
    Starcoder2ForCausalLM,
)

# Token ids: 0 to 255 are the bytes of UTF-8, then the special tokens.
START, TURN_END, TEXT_END = 256, 257, 258
SPECIAL_TOKENS = ("<|start|>", "<|turn_end|>", "<|text_end|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|start|>{{ message['role'] }}\n{{ message['content'] }}<|turn_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


def byte_characters() -> list[str]:
    """Return the character that stands for each byte in a byte-level vocabulary (GPT-2's table)."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in kept]
    names = {byte: chr(byte) for byte in kept}
    names |= {byte: chr(256 + index) for index, byte in enumerate(others)}
    return [names[byte] for byte in range(256)]


def tiny_tokenizer(chat_template: str | None = CHAT_TEMPLATE) -> PreTrainedTokenizerFast:
    vocabulary = {character: byte for byte, character in enumerate(byte_characters())}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|text_end|>", chat_template=chat_template
    )


# Weights are large, so that logits are far from equal.
SHAPE = {
    "vocab_size": 259,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.2,
    "bos_token_id": None,
    "eos_token_id": TEXT_END,
}


def save_tiny_base(folder: Path, *, chat_template: str | None = CHAT_TEMPLATE) -> Path:
    """Write a base with fixed random weights."""
    return _save(LlamaForCausalLM, LlamaConfig(**SHAPE), folder, chat_template)


def save_tiny_gpt2_base(folder: Path, num_positions: int = 45) -> Path:
    """Write a base with a table of positions, and linear layers of GPT-2's own kind."""
    config = GPT2Config(
        vocab_size=259,
        n_positions=num_positions,
        n_embd=32,
        n_layer=2,
        n_head=4,
        bos_token_id=None,
        eos_token_id=TEXT_END,
    )
    return _save(GPT2LMHeadModel, config, folder)


def save_tiny_dropout_base(folder: Path) -> Path:
    """Write a base that drops out by itself, in attention by a function and not by a module."""
    shares = dict.fromkeys(("residual_dropout", "embedding_dropout", "attention_dropout"), 0.1)
    return _save(Starcoder2ForCausalLM, Starcoder2Config(**SHAPE, **shares), folder)


def save_tiny_longrope_base(folder: Path, limit: int = 192) -> Path:
    """Write a base that turns positions in another way for rows of more than ``limit`` tokens."""
    rope = {
        "rope_type": "longrope",
        "rope_theta": 10000.0,
        "short_factor": [1.0] * 4,
        "long_factor": [1.0, 4.0, 8.0, 16.0],
    }
    config = Phi3Config(
        **SHAPE, original_max_position_embeddings=limit, rope_parameters=rope, pad_token_id=TEXT_END
    )
    return _save(Phi3ForCausalLM, config, folder)


def _save(
    kind: type[PreTrainedModel],
    config: PreTrainedConfig,
    folder: Path,
    chat_template: str | None = CHAT_TEMPLATE,
) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind(config).save_pretrained(folder)
    tiny_tokenizer(chat_template).save_pretrained(folder)
    return folder
