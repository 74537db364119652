"""What a pack says to callers and units, how it presses units, and how it weighs their work."""

from pathlib import Path

import pytest

from shared.cities.load import load_city
from shared.cities.problems import PackError
from shared.domain.events import EventKind
from shared.domain.terms import Metric, Role, State
from tests.unit.tiny_pack import write_pack

CHENGDU = load_city("chengdu")
YELLOW = "  - {code: yellow, name: 黄牌, name_en: Yellow, after: -0.5, tells: [handler]}\n"
EMPTY_WORDS = ("相关部门", "积极协调", "敬请谅解", "耐心等待", "感谢您的支持")


def test_every_state_is_explained_in_plain_words() -> None:
    assert set(CHENGDU.states) == set(State)
    for chinese, english in CHENGDU.states.values():
        assert chinese.endswith("。")
        assert english.endswith(".")
        assert len(chinese) <= 45
        assert not any(word in chinese for word in ("承办", "签收", "工单", "退单", "归档", *EMPTY_WORDS))


def test_no_public_sentence_points_below_itself() -> None:
    for chinese, english in (*CHENGDU.wording.values(), *CHENGDU.states.values()):
        assert "下面" not in chinese
        assert "below" not in english


def test_the_ladder_of_chengdu_climbs_from_the_yellow_card_to_criticism() -> None:
    assert [(rung.code, rung.after) for rung in CHENGDU.ladder] == [
        ("yellow_card", -1), ("red_card", 0), ("urge_letter", 1), ("slip", 2), ("county", 3), ("city", 4),
        ("criticism", 5),
    ]  # fmt: skip
    assert all(rung.tells for rung in CHENGDU.ladder)


def test_the_weights_of_chengdu_use_every_metric() -> None:
    assert set(CHENGDU.weights) == set(Metric)
    assert sum(CHENGDU.weights.values()) == pytest.approx(1)


def test_another_city_has_its_own_words_ladder_and_weights(tmp_path: Path) -> None:
    rules = load_city("qinghe", write_pack(tmp_path / "pack"))
    assert rules.states[State.CLOSED] == ("清河办完了。", "Qinghe is done.")
    assert rules.notices[EventKind.URGED] == ("催办。", "Hurry.")
    assert [(rung.code, rung.after) for rung in rules.ladder] == [("yellow", -0.5), ("mayor", 3)]
    assert rules.ladder[1].tells == (Role.SUPERVISOR, Role.ADMIN)
    assert rules.weights == {Metric.ON_TIME: 0.5, Metric.SOLVED: 0.5}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("  signed: {zh: 单位在办", "  singed: {zh: 单位在办"), "pack.yaml line 25: states.singed: is not one of"),
        (("  signed: {zh: 单位在办", "  singed: {zh: 单位在办"), "line 22: states: has no sentence for signed"),
        (("单位在办。", "'{unit}在办。'"), "pack.yaml line 25: states.signed.zh: {unit}: nothing is filled in here"),
        (("en: Hurry.", "en: ''"), "notices.urged.en: is empty"),
        (("{zh: 催办。, ", "{"), "notices.urged.zh: is missing"),
        (("清河工单{number}", "清河工单{phone}"), "{phone} is not one of {due}, {number}, {unit}"),
        (("清河工单{number}", "清河工单{number"), "is not one of {due}, {number}, {unit}"),
        (("  urged: {zh: 催办。, en: Hurry.}\n", ""), "notices: has no sentence for urged"),
        (("  urged: {", "  amended: {"), "notices.amended: is not one of dispatched"),
        (("  registered: {zh: 收到了", "  regist: {zh: 收到了"), "wording.regist: is not one of"),
        (("  urged: {zh: 催办。", "  warned: {zh: 催办。"), "notices.warned: stands here and again further down"),
        (("code: mayor", "code: yellow"), "ladder.2.code: 'yellow' is already in the ladder"),
        (("code: mayor", "code: 市长"), "ladder.2.code: '市长' cannot be a code"),
        (("after: 3", "after: -1"), "ladder.2.after: -1 comes before -0.5, the step above it"),
        (("after: 3", "after: soon"), "ladder.2.after: cannot be 'soon'"),
        (("after: 3", "after: 1000"), "ladder.2.after: must be between -30 and 260"),
        (("tells: [handler]", "tells: []"), "ladder.1.tells: tells nobody"),
        (("tells: [handler]", "tells: [mayor]"), "ladder.1.tells: 'mayor' is not one of operator"),
        (("tells: [handler]", "tells: [caller]"), "ladder.1.tells: 'caller' is not one of operator"),
        ((YELLOW, "  - 黄牌\n"), "ladder.1.code: is missing"),
        (("weights: {on_time: 0.5", "weights: {on_time: 0.4"), "weights: sum to 0.9, not to 1"),
        (("weights: {on_time: 0.5", "weights: {speed: 0.5"), "weights.speed: is not one of response"),
        (("weights: {on_time: 0.5", "weights: {on_time: -0.5"), "weights.on_time: must be between 0 and 1"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_words_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(PackError) as caught:
        load_city("qinghe", write_pack(tmp_path / "pack", pack_yaml=change))
    named = [problem for problem in caught.value.problems if message in problem]
    assert named, caught.value.problems
    assert all("pack.yaml line " in problem for problem in named)
