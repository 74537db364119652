"""A department's own duty is not pushed down: each duty names the lowest level that may be given it."""

import pytest

from shared.cities.load import load_city
from shared.domain.errors import Refused
from shared.domain.levels import refuse_lower_level

CHENGDU = load_city("chengdu")
STREET, BUREAU, DEPARTMENT = "wuhou.jiangxijie", "wuhou.market", "market"


def test_a_street_is_not_given_what_belongs_to_the_county() -> None:
    with pytest.raises(Refused) as caught:
        refuse_lower_level("business_licences", STREET, CHENGDU)
    refused = caught.value
    assert refused.code == "level_too_low"
    assert refused.facts == {"field": "unit", "duty": "business_licences", "level": "county"}
    for word in ("登记注册与执照", "business_licences", "区（市）县级以上", "武侯区浆洗街街道"):
        assert word in refused.why


def test_neither_a_street_nor_a_county_is_given_what_belongs_to_the_city() -> None:
    for unit in (STREET, BUREAU, "wuhou.gov"):
        with pytest.raises(Refused, match="由市级单位办理"):
            refuse_lower_level("fund_withdrawal", unit, CHENGDU)


def test_a_higher_level_may_always_take_it() -> None:
    for duty in CHENGDU.duties.values():
        refuse_lower_level(duty.code, DEPARTMENT, CHENGDU)
    refuse_lower_level("business_licences", BUREAU, CHENGDU)
    refuse_lower_level("sanitation", STREET, CHENGDU)


def test_a_utility_stands_at_the_citys_level() -> None:
    refuse_lower_level("water_outage", "water_company", CHENGDU)


def test_without_a_known_duty_or_unit_nothing_is_refused() -> None:
    refuse_lower_level(None, STREET, CHENGDU)
    refuse_lower_level("no_such_duty", STREET, CHENGDU)
    refuse_lower_level("fund_withdrawal", "no_such_unit", CHENGDU)
