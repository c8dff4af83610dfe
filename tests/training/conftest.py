import sys
from pathlib import Path

import pytest

from kiyas.models import Base, load_base
from kiyas.run_folder import RunFolder, TrialFolder

# tiny_base lies beside the tests of models; tiny_trial lies here. Tests are no package.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "models")]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    from tiny_base import save_tiny_base

    return save_tiny_base(tmp_path_factory.mktemp("tiny-base"))


@pytest.fixture
def tiny_base(tiny_folder) -> Base:
    return load_base(str(tiny_folder), dtype="float32", device="cpu")


@pytest.fixture
def folder(tmp_path) -> TrialFolder:
    from tiny_trial import TRIAL

    return RunFolder(tmp_path / "run").trial(TRIAL)
