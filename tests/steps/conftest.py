"""Small studies that were run once a module; tests change copies of them."""

import shutil

import pytest
from small_runs import run_small_code, run_small_topics


@pytest.fixture(scope="module")
def finished_code(tmp_path_factory):
    folder = tmp_path_factory.mktemp("code")
    run_small_code(folder)
    return folder


@pytest.fixture(scope="module")
def finished_topics(tmp_path_factory):
    folder = tmp_path_factory.mktemp("topics")
    run_small_topics(folder)
    return folder


@pytest.fixture
def home(finished_code, tmp_path):
    """A folder with a study of code and its finished run, which may be changed."""
    return shutil.copytree(finished_code, tmp_path / "home")


@pytest.fixture
def topics(finished_topics, tmp_path):
    """A folder with a study of classifiers and its finished run, which may be changed."""
    return shutil.copytree(finished_topics, tmp_path / "home")
