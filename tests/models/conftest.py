from pathlib import Path

import pytest
from tiny_base import save_tiny_base

from kiyas.models import Base, load_base


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("tiny-base"))


@pytest.fixture
def tiny_base(tiny_folder) -> Base:
    return load_base(str(tiny_folder), dtype="float32", device="cpu")
