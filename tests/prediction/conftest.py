from pathlib import Path

import pytest
import torch

from kiyas.config.schema import LoraSettings
from kiyas.models import Base, load_base, new_adapter, save_adapter


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    from tiny_base import save_tiny_base

    return save_tiny_base(tmp_path_factory.mktemp("tiny-base"))


@pytest.fixture(scope="session")
def tiny_base(tiny_folder) -> Base:
    return load_base(str(tiny_folder), dtype="float32", device="cpu")


@pytest.fixture(scope="session")
def make_adapter(tiny_base, tmp_path_factory):
    """Return a function that writes an adapter with random weights; scale 0 changes nothing."""

    def make(seed: int, scale: float = 0.3, *, use_dora: bool = False) -> Path:
        lora = LoraSettings(rank=4, alpha=8, dropout=0.0, use_dora=use_dora)
        model = new_adapter(tiny_base, lora, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "lora_B" in name:
                    weight.copy_(scale * torch.randn(weight.shape, generator=generator))
        folder = tmp_path_factory.mktemp("adapter")
        save_adapter(model, folder)
        return folder

    return make
