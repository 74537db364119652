"""What a decision keeps to: exclusion, misconduct, danger, place, proposals, reasons, marks."""

from dataclasses import replace
from pathlib import Path

import pytest

from router.decision import decide_batch, decide_route
from shared.cities.load import load_city
from shared.domain.routing import Candidate, Decision, RoutingInput
from shared.domain.terms import HolderKind, Level, Nature, Urgency
from tests.unit.tiny_pack import write_pack

CHENGDU = load_city("chengdu")


def decide(title: str, body: str = "", **known: object) -> Decision:
    return decide_route(RoutingInput(1, title, body, **known), CHENGDU)  # type: ignore[arg-type]


def chosen(decision: Decision) -> Candidate:
    assert decision.chosen is not None, decision.why
    return decision.chosen


def holders(decision: Decision) -> list[str]:
    return [candidate.holder_id for candidate in decision.candidates]


def test_a_unit_that_returned_it_is_never_a_candidate_again() -> None:
    first = decide("武侯区玉林路路灯坏了")
    assert chosen(first).holder_id == "wuhou.management"
    again = decide("武侯区玉林路路灯坏了", excluded_units=("wuhou.management",))
    assert "wuhou.management" not in holders(again)
    assert chosen(again).holder_id == "urban_management"


def test_when_every_fitting_unit_is_excluded_a_person_decides() -> None:
    decision = decide("停水三天", excluded_units=("water_company",))
    assert decision.chosen is None
    assert "都已退回或被反映" in decision.why


def test_the_accused_unit_is_kept_away_even_from_a_long_story() -> None:
    story = "我在武侯区玉林路摆摊多年。" * 20 + "城管队员昨天打人，把我的东西都扔了。"
    decision = decide("武侯区玉林路占道经营被处理的经过", story)
    assert decision.accused == ("wuhou.management",)
    assert "wuhou.management" not in holders(decision)


def test_an_accused_discipline_body_does_not_judge_itself() -> None:
    decision = decide("锦江区纪委干部受贿")
    assert decision.accused == ("jinjiang.discipline",)
    assert chosen(decision).holder_id == "discipline"


@pytest.mark.parametrize(
    "text", ["小区保安打人，派出所来了也不管", "尊敬的书记：物业公司态度恶劣", "邻居打人", "城管没有打人，处理得很好"]
)
def test_misconduct_of_others_is_not_laid_on_officials(text: str) -> None:
    decision = decide(text)
    assert not any("discipline" in holder for holder in holders(decision))
    assert decision.accused == ()


def test_a_proposed_unit_counts_as_evidence() -> None:
    vague = decide("这个事情一直没有解决")
    assert vague.chosen is None
    proposed = decide("这个事情一直没有解决", proposed_unit="housing")
    assert chosen(proposed).holder_id == "housing"
    assert "退回的单位建议" in chosen(proposed).reasons[0]


def test_a_proposed_unit_that_does_not_exist_or_is_excluded_is_ignored() -> None:
    assert decide("你好", proposed_unit="mayor").candidates == ()
    assert decide("你好", proposed_unit="housing", excluded_units=("housing",)).candidates == ()


def test_a_street_that_a_return_proposes_is_not_given_what_belongs_to_the_county() -> None:
    licence = "武侯区玉林街道有人拆承重墙"
    assert CHENGDU.duties["bearing_walls"].level is Level.COUNTY
    assert "wuhou.yulin" not in holders(decide(licence, proposed_unit="wuhou.yulin"))
    assert "wuhou.yulin" in holders(decide("武侯区玉林街道楼道里到处是小广告", proposed_unit="wuhou.yulin"))


def test_duties_of_one_holder_speak_for_it_together_but_a_word_counts_once() -> None:
    one = decide("武侯区小区公共收益没有公布").candidates[0]
    two = decide("武侯区小区公共收益没有公布，业委会也不管").candidates[0]
    assert (one.holder_id, two.holder_id) == ("wuhou.housing", "wuhou.housing")
    assert two.score > one.score


def test_what_a_person_set_stays() -> None:
    decision = decide("停水三天", county="wuhou", nature=Nature.COMPLAINT, urgency=Urgency.CRITICAL)
    assert (decision.county, decision.nature, decision.urgency) == ("wuhou", Nature.COMPLAINT, Urgency.CRITICAL)
    assert decide("锦江区春熙路路灯坏了", county="wuhou").county == "wuhou"


def test_a_known_place_alone_offers_the_fall_back_owner_but_never_chooses_it() -> None:
    decision = decide("武侯区的事情请你们管一管")
    assert decision.chosen is None
    assert holders(decision) == ["wuhou.gov"]
    assert decision.candidates[0].score < decision.threshold
    assert "属地兜底" in decision.candidates[0].reasons[0]


def test_two_counties_that_weigh_the_same_are_not_guessed() -> None:
    decision = decide("武侯区和锦江区交界的地方路灯坏了")
    assert decision.county is None
    assert "提到几个区（市）县" in chosen(decision).reasons[1]


def test_a_county_duty_without_a_city_unit_asks_which_county() -> None:
    decision = decide("村委会不公开村务")
    assert decision.chosen is None
    assert "请问是哪个区（市）县" in decision.why


def test_consultations_on_expert_matters_go_to_the_seat_and_others_to_the_unit() -> None:
    asked = decide("请问医保怎么报销")
    assert (chosen(asked).holder_kind, chosen(asked).holder_id) == (HolderKind.SEAT, "medical_insurance")
    complained = decide("投诉医保卡坏了一个月没人管")
    assert (chosen(complained).holder_kind, chosen(complained).holder_id) == (HolderKind.UNIT, "medical_insurance")


@pytest.mark.parametrize(
    ("text", "referral"),
    [
        ("闻到煤气味", "gas"), ("我家着火了", "fire"), ("有人要跳楼", "violence"), ("电梯困人了快来", "rescue"),
        ("井盖不见了", "hazard"), ("不服判决", "court"), ("申请行政复议", "review"), ("不服信访答复", "petition"),
        ("没有着火", None), ("去年这里着火的事情", None), ("预防煤气中毒知识讲座什么时候办", None),
        ("电瓶车容易起火，存在隐患", None), ("看着火车开走", None),
        ("有人突然倒地，喘不上气", "medical"), ("孩子走丢了", "missing_child"), ("化工厂氯气泄漏", "chemical"),
        ("如果孩子走丢了应该怎么办", None), ("担心化工厂氯气泄漏", None), ("没有人昏倒", None),
        ("被电动车撞了", None), ("被电信诈骗骗了钱", None), ("预防家暴的讲座什么时候办", None),
        ("案子正在打官司", "in_proceedings"), ("向纪委举报党员干部违纪", "discipline_line"),
        ("朋友借钱不还", "private_dispute"),
        ("申请检察监督", "procuratorate"), ("军事设施外面能拍照吗", "military"), ("发现涉密文件", "state_secret"),
        ("合同约定仲裁", "commercial_contract"), ("怎么写入党申请", "party_matters"), ("不服仲裁", "arbitration"),
        ("依申请公开要带什么", "disclosure"), ("事情发生在外地", "foreign_city"), ("没有间谍", None),
        ("没有申请行政复议", None),
    ],
)  # fmt: skip
def test_danger_and_other_routes_are_told_only_when_meant(text: str, referral: str | None) -> None:
    assert decide(text).referral == referral


def test_danger_deep_in_a_long_story_counts_only_if_it_is_now() -> None:
    story = "小区的管理一直很乱，大家意见很大，反映了很多回也没有结果。" * 12
    assert decide("物业管理混乱", story + "楼上起火，消防来过。").urgency is Urgency.NORMAL
    assert decide("物业管理混乱", story + "楼上正在起火。").urgency is Urgency.CRITICAL


def test_the_text_for_danger_comes_first_in_why() -> None:
    assert decide("闻到煤气味").why.startswith("情况危急，先告知来电人：有人员危险请先拨 119")


def test_a_matter_for_the_courts_names_the_proper_route_and_chooses_nobody() -> None:
    decision = decide("法院判决不服")
    assert decision.chosen is None
    assert "上诉" in decision.why


def test_marks_are_the_callers_own_characters() -> None:
    title, body = "武侯區燃氣費怎麼繳", "我家住玉林路"
    decision = decide(title, body)
    whole = f"{title}\n{body}"
    assert {mark.word for mark in decision.marks} >= {"燃氣費", "武侯區"}
    assert all(whole[mark.start : mark.end] == mark.word for mark in decision.marks)


def test_every_candidate_has_reasons_and_scores_fall() -> None:
    decision = decide("武侯区物业把电梯停了，电梯坏了没人修，楼道路灯也不亮，垃圾没人清")
    scores = [candidate.score for candidate in decision.candidates]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) >= 4
    assert all(candidate.reasons and all(candidate.reasons) for candidate in decision.candidates)


def test_a_batch_is_the_same_as_one_by_one() -> None:
    requests = [RoutingInput(n, text, "") for n, text in enumerate(("停水三天", "", "公交不停站", "燃气费怎么交"))]
    assert decide_batch(requests, CHENGDU) == [decide_route(request, CHENGDU) for request in requests]


def test_the_threshold_is_the_citys() -> None:
    sure = replace(CHENGDU, policy=replace(CHENGDU.policy, threshold=1.0))
    decision = decide_route(RoutingInput(1, "停水三天", ""), sure)
    assert decision.chosen is None
    assert decision.candidates[0].holder_id == "water_company"
    assert "把握不到 1.00" in decision.why


def test_another_citys_pack_routes_without_a_word_of_chengdu(tmp_path: Path) -> None:
    rules = load_city("qinghe", write_pack(tmp_path / "pack"))
    here = decide_route(RoutingInput(1, "钟楼路灯没人管", ""), rules)
    assert chosen(here).holder_id == "east.lamps"
    there = decide_route(RoutingInput(1, "河西区路灯没人管", ""), rules)
    assert chosen(there).holder_id == "lamps"
    assert "河西区没有这个部门" in there.why
    asked = decide_route(RoutingInput(1, "请问养猫要登记吗", ""), rules)
    assert chosen(asked).holder_kind is HolderKind.SEAT
    accused = decide_route(RoutingInput(1, "河东区照明所所长打人", ""), rules)
    assert chosen(accused).holder_id == "watch"
    assert accused.accused == ("east.lamps",)
    assert decide_route(RoutingInput(1, "成都春熙路停水三天", ""), rules).chosen is None
