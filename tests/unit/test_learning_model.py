"""A model: what it promises whatever the history, and its file."""

import contextlib
import io
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.learning.calibration import threshold_for
from shared.learning.folds import folds_of
from shared.learning.history import History, HistoryError, read_history, read_rows
from shared.learning.model import Model
from shared.learning.model_file import ModelFileError, from_bytes, load, save, to_bytes
from shared.learning.ridge import Solved
from shared.learning.scores import confusions, per_label, score
from shared.learning.training import Trained, cross_examine, examine, train
from tests.unit.histories import LABELS, as_csv, rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def history() -> History:
    return read_history(as_csv(rows()).encode())


@pytest.fixture(scope="module")
def trained(history: History) -> Trained:
    return train(history)


@pytest.fixture(scope="module")
def model(trained: Trained) -> Model:
    return trained.model


def test_it_learns(model: Model) -> None:
    unseen = read_rows(as_csv(rows(120, seed=99, noise=0)).encode(), "t.csv")
    assert examine(model, unseen.examples).scores.accuracy > 0.95


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_whatever_is_written_gets_probabilities_that_sum_to_one(model: Model, texts: list[str]) -> None:
    said = model.probabilities(texts)
    assert said.shape == (len(texts), len(LABELS))
    assert np.all(np.isfinite(said))
    assert np.allclose(said.sum(axis=1), 1, atol=1e-5)
    assert np.all(said >= 0)


def test_a_text_is_answered_alike_alone_and_among_others(model: Model) -> None:
    texts = [text for text, _ in rows(40, seed=3)]
    alone = np.concatenate([model.probabilities([text]) for text in texts])
    assert np.allclose(alone, model.probabilities(texts), atol=1e-6)
    assert model.probabilities([]).shape == (0, len(LABELS))


def test_without_a_known_character_there_is_no_sure_answer(model: Model) -> None:
    for text in ("", "   ", "龘靐齉", "\ud800", "请市公安局核实处理。"):
        assert not model.answers(model.probabilities([text]))[0], text


def test_traditional_characters_are_read_as_plain_ones(model: Model) -> None:
    assert np.array_equal(model.probabilities(["自來水管爆裂"]), model.probabilities(["自来水管爆裂"]))


def test_the_same_rows_in_any_order_give_the_same_file(trained: Trained) -> None:
    shuffled = rows()
    random.Random(1).shuffle(shuffled)
    assert to_bytes(train(read_history(as_csv(shuffled).encode())).model) == to_bytes(trained.model)


def test_copies_of_a_text_are_never_on_both_sides_of_a_fold() -> None:
    kinds = np.array([0, 1, 0, 1, 0, 1] * 5)
    alike = np.eye(30, dtype=np.float32)
    for one, other in ((0, 7), (7, 21), (3, 4)):
        alike[one, other] = alike[other, one] = 0.8
    folds = folds_of(alike, kinds, 2)
    assert folds[0] == folds[7] == folds[21]
    assert folds[3] == folds[4]
    assert set(np.bincount(folds)) <= {5, 6, 7}


def test_the_scores_of_a_held_out_fold_are_those_of_a_fit_without_it() -> None:
    lots = np.random.default_rng(5)
    points = lots.normal(size=(40, 12)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    alike, kinds, folds = points @ points.T, np.arange(40) % 2, np.arange(40) // 8
    solved = Solved(alike, kinds, 2)
    inside, outside = folds != 0, folds == 0
    system = np.linalg.inv(solved._inverse)[np.ix_(inside, inside)]
    refit = np.linalg.solve(system, np.eye(2)[kinds[inside]] - solved.offset)
    assert np.allclose(
        solved.held_out(folds)[outside], alike[np.ix_(outside, inside)] @ refit + solved.offset, atol=1e-3
    )


def test_the_threshold_gives_the_precision_it_aims_at_and_is_none_where_nothing_does() -> None:
    sure = np.linspace(0.99, 0.51, 1_000)
    probabilities = np.stack([sure, 1 - sure], axis=1).astype(np.float32)
    wrong = np.arange(1_000) >= 700
    found = threshold_for(probabilities, wrong.astype(np.int64), 0.95)
    assert found is not None
    above = sure >= found - 1e-6
    assert 0.95 < 1 - wrong[above].mean() < 0.965
    assert threshold_for(probabilities, np.ones(1_000, np.int64), 0.95) is None
    assert threshold_for(probabilities[:5], np.zeros(5, np.int64), 0.95) is None  # five right ones prove nothing


def test_nothing_is_answered_without_a_threshold(model: Model) -> None:
    assert not replace(model, threshold=None).answers(model.probabilities(["自来水管爆裂"])).any()


def test_scores_are_counted_as_a_person_would() -> None:
    truth = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.1, 0.6, 0.3]], np.float32)
    found = score(truth, probabilities, np.array([True, False, True, True]))
    assert (found.accuracy, found.top2, found.top3, found.coverage_at_95) == (0.5, 1.0, 1.0, 0.75)
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 4 + 0) / 3)
    assert found.precision_at_coverage == pytest.approx(2 / 3)
    assert score(truth, probabilities, np.zeros(4, bool)).precision_at_coverage is None
    said = probabilities.argmax(axis=1)
    assert confusions(truth, said, ("a", "b", "c")) == [("a", "b", 1), ("c", "b", 1)]
    assert [(one.label, one.rows, one.said, one.right) for one in per_label(truth, said, ("a", "b", "c"))] == [
        ("a", 2, 1, 1), ("b", 1, 3, 1), ("c", 1, 0, 0),
    ]  # fmt: skip


def test_held_out_answers_come_from_models_that_never_saw_them(history: History) -> None:
    tested = cross_examine(history)
    assert 0.85 < tested.scores.accuracy < 0.99  # 6 % of the labels are wrong: more would be seen, not learnt
    assert tested.answered.any()


def test_what_cannot_be_learnt_is_not_learnt_by_heart() -> None:
    lots = random.Random(2)
    told = [("".join(lots.choices("水电气路桥车楼梯门窗", k=12)), lots.choice("甲乙")) for _ in range(120)]
    assert cross_examine(read_history(as_csv(told).encode())).scores.accuracy < 0.7


@pytest.mark.parametrize(
    "told",
    [
        [(chr(0x4E00 + 50 * number) * 3, str(number % 2)) for number in range(30)],  # no two texts share anything
        [(f"停水{number}", str(number % 15)) for number in range(30)],
        [(f"{text}{number}", str(number) if number > 20 else label) for number, (text, label) in enumerate(rows(40))],
        [("😀" * (number + 1), str(number % 3)) for number in range(30)],
    ],
)
def test_a_history_that_teaches_nothing_gives_a_model_all_the_same(told: list[tuple[str, str]]) -> None:
    odd = read_history(as_csv(told).encode())
    model = from_bytes(to_bytes(train(odd).model))
    assert np.allclose(model.probabilities(["停水", ""]).sum(axis=1), 1, atol=1e-5)
    with contextlib.suppress(HistoryError):  # all nearly the same: nothing to hold out
        assert 0 <= cross_examine(odd).scores.accuracy <= 1


def test_a_label_the_history_lacks_counts_as_wrong(model: Model) -> None:
    told = examine(model, read_rows(as_csv([("自来水管爆裂", "水务"), ("想养一只猫", "宠物")]).encode(), "t").examples)
    assert (told.scores.accuracy, told.unknown) == (0.5, 1)


def test_a_saved_model_answers_as_before(model: Model, tmp_path: Path) -> None:
    size = save(model, tmp_path / "deep" / "m.npz")
    again = load(tmp_path / "deep" / "m.npz")
    texts = [text for text, _ in rows(20, seed=4)]
    assert np.array_equal(again.probabilities(texts), model.probabilities(texts))
    assert (again.fingerprint, again.about, again.threshold) == (model.fingerprint, model.about, model.threshold)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["m.npz"]
    assert size == (tmp_path / "deep" / "m.npz").stat().st_size


def test_a_damaged_file_is_refused(model: Model) -> None:
    data = to_bytes(model)
    for at in range(40, len(data), max(1, len(data) // 40)):
        broken = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        with contextlib.suppress(ModelFileError):
            assert to_bytes(from_bytes(broken)) == data, at  # a byte that means nothing, such as a date
    for foreign in (b"", b"PK", data[:-30], data[: len(data) // 2], b'{"kind": "yihaotong-model"}', bytes(5_000)):
        with pytest.raises(ModelFileError, match="重新训练"):
            from_bytes(foreign)


def packed(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def test_a_file_of_another_kind_or_version_or_with_pickled_objects_is_refused(model: Model) -> None:
    with np.load(io.BytesIO(to_bytes(model))) as found:
        arrays = dict(found)
    head = json.loads(arrays.pop("head").tobytes())
    for wrong in (
        {"kind": "other"},
        {"version": "older-1"},
        {"labels": []},
        {"curve": 3},
        {"digest": ""},
        {"about": 1},
    ):
        text = np.frombuffer(json.dumps(head | wrong).encode(), np.uint8)
        with pytest.raises(ModelFileError):
            from_bytes(packed(head=text, **arrays))
    with pytest.raises(ModelFileError):
        from_bytes(packed(head=np.array([{"a": 1}], dtype=object), **arrays))


def test_answering_loads_nothing_that_trains() -> None:
    code = "import shared.learning.model_file, sys; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
