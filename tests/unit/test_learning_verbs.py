"""`./hotline train` and `./hotline evaluate` by their real entry, with nothing running and no pack."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.command.__main__ import main
from shared.learning.model_file import load
from tests.unit.histories import LABELS, as_csv, rows

ROOT = Path(__file__).parents[2]
KEYS = {
    "macro_f1", "accuracy", "top2", "top3", "coverage_at_95", "precision_at_coverage", "ece", "ms_single",
    "ms_batch100", "model_mb", "rows", "labels",
}  # fmt: skip


def hotline(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared.command", *map(str, words)]
    bare = {"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    told = [
        (f"{text}请市水务局核实处理。" if number < 5 else text, label) for number, (text, label) in enumerate(rows())
    ]
    path = tmp_path / "history.csv"
    path.write_bytes(as_csv([*told, ("没有标签", "")]).encode("gb18030"))
    return path


def test_a_city_without_a_pack_trains_a_model(file: Path, tmp_path: Path) -> None:
    done = hotline("train", "--city", "无名市", "--history", file, "--out", tmp_path / "models")
    assert done.returncode == 0, done.stderr
    assert "5 行里的派单语已删去" in done.stderr
    assert "第 302 行" in done.stderr
    [model] = (tmp_path / "models").iterdir()
    assert str(model) in done.stdout
    found = load(model)
    assert model.name == f"无名市-{found.fingerprint[:12]}.npz"
    assert f"macro-F1 {found.about['held_out']['macro_f1']:.3f}" in done.stdout


def test_evaluation_prints_the_agreed_keys_and_nothing_else(file: Path) -> None:
    done = hotline("evaluate", "--city", "x", "--history", file, "--json")
    found = json.loads(done.stdout)
    assert set(found) == KEYS
    assert (found["labels"], found["rows"]) == (5, 300 - repeated(done.stderr))
    assert 0.8 < found["accuracy"] <= found["top2"] <= found["top3"] <= 1


def test_other_rows_can_be_tested_on_and_every_label_and_confusion_is_shown(file: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.csv"
    test.write_text(as_csv([*rows(60, seed=5), ("想养一只猫", "宠物")]), "utf-8")
    said = hotline("evaluate", "--city", "x", "--history", file, "--test", test).stdout
    for word in (*LABELS, "混淆最多", "→", "macro-F1", "训练数据里没有的标签 / labels that the history lacks: 1"):
        assert word in said


def repeated(said: str) -> int:
    return next((int(line.split()[0]) for line in said.splitlines() if "行重复" in line), 0)


@pytest.mark.parametrize(
    ("city", "history", "said"),
    [
        ("x", "nowhere.csv", "打不开"),
        ("../x", "nowhere.csv", "不能作名称"),
        ("x", ".", "打不开"),
        ("x", "pyproject.toml", "第一行"),
    ],
)
@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_what_cannot_be_read_is_answered_by_a_sentence(
    verb: str, city: str, history: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--city", city, "--history", str(ROOT / history)]) == 2
    assert said in capsys.readouterr().err


def test_a_model_that_cannot_be_stored_is_said(file: Path) -> None:
    done = hotline("train", "--city", "x", "--history", file, "--out", file)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "--out" in done.stderr
