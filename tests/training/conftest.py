import sys
from pathlib import Path

import pytest
from tiny_base import save_tiny_base

from kiyas.models import Base, load_base
from kiyas.run_folder import RunFolder, TrialFolder

sys.path.insert(0, str(Path(__file__).parent))  # for tiny_trial: tests are no package


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("tiny-base"))


@pytest.fixture
def tiny_base(tiny_folder) -> Base:
    return load_base(str(tiny_folder), dtype="float32", device="cpu")


@pytest.fixture
def folder(tmp_path) -> TrialFolder:
    from tiny_trial import TRIAL

    return RunFolder(tmp_path / "run").trial(TRIAL)
