"""Why a decision is as it is: safety before duties, reasons against, who was ruled out, who co-handles."""

import pytest

from shared.domain.routing import Decision
from shared.domain.terms import Nature, Urgency
from tests.unit.test_router_decision import CHENGDU, chosen, decide, holders


def why_not(decision: Decision) -> dict[str, str]:
    return {one.unit: one.reason for one in decision.ruled_out}


def test_whoever_is_not_the_one_says_why_and_the_chosen_one_has_nothing_against_it() -> None:
    decision = decide("停水三天，物业也不解释", county="jinjiang")
    assert chosen(decision).against == ()
    first, *others = decision.candidates
    assert others
    for one in others:
        assert f"比首选少 {first.score - one.score:.2f}" in one.against[0]


def test_a_first_candidate_that_is_not_sure_enough_says_what_was_lacking() -> None:
    [owner] = decide("武侯区的事情请你们管一管").candidates
    assert owner.against == ("把握 0.20，不到 0.60，不自动派",)


def test_who_returned_it_and_who_is_complained_of_are_ruled_out_each_with_its_reason() -> None:
    again = decide("武侯区玉林路路灯坏了", excluded_units=("wuhou.management",))
    assert why_not(again) == {"wuhou.management": "退回过这件工单"}
    named = decide("武侯区玉林路路灯坏了", accused_units=("wuhou.management",))
    assert why_not(named) == {"wuhou.management": "诉求反映的就是它，不经手、看不到"}
    told = decide("武侯区城管执法人员打人，占道经营也不管")
    assert told.accused == ("wuhou.management",)
    assert "诉求反映的就是它" in why_not(told)["wuhou.management"]


def test_a_bureau_that_a_county_does_not_have_is_named_as_missing() -> None:
    decision = decide("锦江区一下大雨就积水")
    assert chosen(decision).holder_id == "water_affairs"
    assert why_not(decision)["*.water"] == "当地没有这个部门"


def test_a_proposal_that_cannot_be_followed_says_why() -> None:
    low = decide("武侯区玉林街道有人拆承重墙", proposed_unit="wuhou.yulin")
    assert "不能下派到这一级" in why_not(low)["wuhou.yulin"]
    twice = decide("你好", proposed_unit="housing", excluded_units=("housing",))
    assert "退回过这件工单" in why_not(twice)["housing"]


def test_certain_misconduct_is_decided_before_any_duty_however_much_speaks_for_it() -> None:
    text = "锦江区城管执法人员打人。流动摊贩占道经营，夜市摆摊，露天烧烤油烟，渣土车，路灯不亮，违章建筑"
    decision = decide(text)
    assert chosen(decision).holder_id == "jinjiang.discipline"
    assert "jinjiang.management" not in holders(decision)


def test_a_duty_names_who_co_handles_in_the_county_of_the_matter() -> None:
    assert chosen(decide("锦江区物业不作为")).co_handlers == ("jinjiang.gov",)
    assert chosen(decide("公交不停站")).co_handlers == ("bus_group",)
    nowhere = decide("物业不作为")
    assert chosen(nowhere).co_handlers == ()
    assert why_not(nowhere)["*.gov"] == "本应协办，但没有写明区（市）县"


@pytest.mark.parametrize("how", ["excluded_units", "accused_units"])
def test_who_may_not_lead_may_not_co_handle_either(how: str) -> None:
    decision = decide("锦江区物业不作为", **{how: ("jinjiang.gov",)})
    assert chosen(decision).holder_id == "jinjiang.housing"
    assert chosen(decision).co_handlers == ()
    assert "本应协办" in why_not(decision)["jinjiang.gov"]


def test_whoever_is_thanked_by_name_hears_of_it() -> None:
    decision = decide("谢谢武侯区水务局的师傅，太感谢了")
    assert decision.nature is Nature.PRAISE
    assert chosen(decision).holder_id == "water_affairs"
    assert "表扬的是" in chosen(decision).reasons[0]


def test_a_supply_that_failed_has_the_limit_of_its_class() -> None:
    assert CHENGDU.duties[chosen(decide("停水三天")).duty or ""].limit_class == "supply"


def test_an_accusation_finds_its_actor_across_whoever_pays() -> None:
    decision = decide("城管队长收了烧烤摊老板的好处费，成华区")
    assert chosen(decision).holder_id == "chenghua.discipline"
    assert decision.accused == ("chenghua.management",)


@pytest.mark.parametrize(
    ("text", "accused"),
    [
        ("城管收走我的秤还打了我两巴掌，武侯区", "wuhou.management"),
        ("执法队把我三轮车拖走，还推了我一把，青羊区", "qingyang.management"),
        ("派出所副所长收了赌场老板的钱，温江区", "wenjiang.police"),
        ("村干部把低保给了自己亲戚，金堂县", "jintang.gov"),
        ("物业经理和街道办勾结，成华区", "chenghua.gov"),
    ],
)
def test_whoever_did_it_neither_holds_nor_co_handles_what_is_said_of_them(text: str, accused: str) -> None:
    decision = decide(text)
    assert chosen(decision).holder_id.endswith("discipline")
    assert decision.accused == (accused,)
    assert accused not in holders(decision)
    assert all(accused not in candidate.co_handlers for candidate in decision.candidates)


def test_what_did_not_happen_is_not_urgent() -> None:
    assert decide("井盖不见了", county="wuhou").urgency is Urgency.URGENT
    assert decide("没有停水，就是水费投诉没人理").urgency is Urgency.NORMAL


def test_what_is_denied_is_not_the_matter_but_what_is_missing_is() -> None:
    assert chosen(decide("不是漏气，是燃气费交错户了")).duty == "gas_service"
    assert chosen(decide("没有路灯，锦江区")).holder_id == "jinjiang.management"
    assert chosen(decide("是不是停气了")).holder_id == "gas_company"


def test_dialect_is_read_as_the_plain_words_and_marked_as_it_was_said() -> None:
    decision = decide("屋头没得水了，咋个办")
    assert chosen(decision).holder_id == "water_company"
    assert "没得水" in [mark.word for mark in decision.marks]


def test_a_danger_is_a_call_for_help_whatever_the_matter_usually_is() -> None:
    decision = decide("电梯关了两个人在里头出不来")
    assert (decision.nature, decision.urgency, decision.referral) == (Nature.HELP, Urgency.CRITICAL, "rescue")
