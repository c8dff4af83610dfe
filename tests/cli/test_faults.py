"""Faults as a person is told them, in the language that was chosen."""

import json
import subprocess
import sys
from contextvars import copy_context
from pathlib import Path

import front_door
import pytest

STUDY = """\
name: small
base: {base}
benchmark: {{name: humaneval, limit: 2}}
train: {{max_steps: 10, checkpoints: [{checkpoint}]}}
{more}
arms:
  - name: a
    data: {{source: train.jsonl}}
"""
MEND = "sonraki adım: dosyayı düzeltin ve yeniden `kiyas check` ile denetleyin\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.jsonl").write_text('{"prompt": "p", "response": "r"}\n', encoding="utf-8")


def told(*arguments: object) -> front_door.Told:
    """Run a verb in a context of its own, so that its language ends with it."""
    return copy_context().run(front_door.kiyas, *arguments)


def study(base: str = "owner/model", checkpoint: int = 10, more: str = "") -> str:
    text = STUDY.format(base=base, checkpoint=checkpoint, more=more)
    Path("s.yaml").write_text(text, encoding="utf-8")
    return "s.yaml"


def test_an_unknown_key_is_told_in_turkish():
    done = told("check", study(more="lora: {rnk: 8}"), "--language", "tr")
    assert done.said == (
        "hata: s.yaml: 1 hata\n"
        "s.yaml:5: lora.rnk: bilinmeyen anahtar (şunu mu demek istediniz: `rank`?)\n"
        "  beklenen: alpha, dropout, rank, target_modules, use_dora, use_rslora\n" + MEND
    )


def test_a_missing_file_is_told_in_turkish(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KIYAS_LANGUAGE", "tr")
    assert told("check", "none.yaml").said == (
        "hata: none.yaml: çalışma dosyası okunamıyor (böyle bir dosya ya da klasör yok)\n"
        "  sonraki adım: var olan bir YAML dosyası verin, örneğin studies/demo.yaml\n"
    )


def test_a_bad_label_is_told_in_turkish():
    table = "text,label\none,0\ntwo,1\nthree,7x\nfour,1\n"
    Path("t.csv").write_text(table, encoding="utf-8")
    assert told("data", "split", "t.csv", "--out-dir", "out", "--language", "tr").said == (
        "hata: t.csv, satır 4: 4 satırın 1 tanesinde 'label' sütununda şu var: bilinmeyen bir "
        "sınıf adı\n"
        "  gelen: '7x'\n"
        "  beklenen: her satırda bir metin ve bir etiket\n"
        "  sonraki adım: bu satırları düzeltin ya da `kiyas data clean` bunları ayırıp listelesin\n"
    )


def test_an_unknown_base_is_told_in_turkish():
    line = ("run", study(base="embedded:smollm2-135"), "--quiet", "--language", "tr")
    assert told(*line).said == (
        "hata: s.yaml: 1 hata\n"
        "s.yaml:2: base: bu görev için böyle bir gömülü model yok (şunu mu demek istediniz: "
        "`embedded:smollm2-135m-instruct`?)\n"
        "  gelen: embedded:smollm2-135\n"
        "  beklenen: embedded:smollm2-135m-instruct\n"
        "sonraki adım: dosyayı düzeltin ve yeniden `kiyas check` ile denetleyin\n"
    )


def test_a_faulty_study_is_told_of_in_its_own_language():
    assert told("check", study(checkpoint=20, more="language: tr")).said == (
        "hata: s.yaml: 1 hata\n"
        "s.yaml:4: train.checkpoints: a kolu: eğitim 10 adımında, bir kontrol noktasından önce "
        "bitiyor\n"
        "  gelen: [20]\n"
        "  beklenen: max_steps (10) değerine kadar adımlar\n" + MEND
    )


def test_json_says_the_same_in_every_language():
    line = ("check", study(checkpoint=20, more="language: tr"), "--json")
    turkish, english = told(*line), told(*line, "--language", "en")
    assert turkish.out == english.out
    (fault,) = json.loads(turkish.out)["faults"]
    assert fault["expected"] == "steps up to max_steps (10)"


def test_a_fault_in_english_reads_no_catalogue():
    """Babel, which reads them, takes longer to import than the whole command line."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "kiyas", "check", "none.yaml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "error: none.yaml: the study file cannot be read" in done.stderr
    assert "babel" not in done.stderr
