"""Tiny bases for classifiers, and tables that they learn: each class has letters of its own."""

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from tiny_base import tiny_tokenizer
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

from kiyas.records.classification import LabelledTexts

LETTERS = ("abcde", "klmno", "uvwxy")


def save_tiny_encoder(folder: Path) -> Path:
    """Write an encoder whose files lack the classifier's head."""
    config = BertConfig(
        vocab_size=260,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=128,
        initializer_range=0.1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=259,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    _save_padded_tokenizer(folder)
    return folder


def save_tiny_two_layer_head(folder: Path) -> Path:
    """Write an encoder whose classification head is a module of two layers."""
    config = RobertaConfig(
        vocab_size=260,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=4,
        max_position_embeddings=388,
        pad_token_id=259,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    _save_padded_tokenizer(folder)
    return folder


def topic_rows(num_rows: int, seed: int) -> list[tuple[str, int]]:
    """Return texts of words spelled with the letters of their class, classes in turn."""
    draw = random.Random(seed)
    rows = []
    for number in range(num_rows):
        label = number % len(LETTERS)
        words = [
            "".join(draw.choices(LETTERS[label], k=draw.randint(3, 7)))
            for _ in range(draw.randint(3, 8))
        ]
        rows.append((" ".join(words), label))
    return rows


def topic_texts(name: str, num_rows: int, seed: int) -> LabelledTexts:
    """Return such rows as a split."""
    texts, labels = zip(*topic_rows(num_rows, seed), strict=True)
    return LabelledTexts(name, texts, labels)


def write_rows(path: Path, rows: Sequence[tuple[str, int]]) -> Path:
    """Write rows as the reference's tables are written."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Question", "label"])
        writer.writerows(rows)
    return path


def write_topic_tables(folder: Path, num_rows: tuple[int, int, int] = (48, 18, 24)) -> Path:
    """Write train.csv, val.csv and test.csv."""
    for seed, (name, count) in enumerate(zip(("train", "val", "test"), num_rows, strict=True)):
        write_rows(folder / f"{name}.csv", topic_rows(count, seed))
    return folder


def _save_padded_tokenizer(folder: Path) -> None:
    tokenizer = tiny_tokenizer(None)
    tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    tokenizer.save_pretrained(folder)
