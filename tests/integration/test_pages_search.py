"""Staff search by pages: number, last digits, phone, words, filters; only what the viewer may see, within bounds."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from shared.domain import commands as c
from shared.reads import search as reads
from tests.integration.site import Page, Site
from tests.integration.stage import HANDLER, OPERATOR, OTHER_UNIT, UNIT


def looked(site: Site, login: str, **form: str) -> Page:
    person = site.person(login)
    person.get("/search")
    return person.post("/search", **form)


def titles(page: Page) -> list[str]:
    """Return the titles of the tickets found, in their order."""
    assert page.status == 200, page.text
    rows = page.html.partition("<ol data-list>")[2].partition("</ol>")[0]
    return [part.partition("</b>")[0] for part in rows.split("<b>")[1:]]


def test_a_whole_number_opens_its_ticket_and_the_last_digits_find_it(site: Site) -> None:
    site.stage.as_owner("SELECT setval('ticket_id', 12344999)")
    number = site.number(site.stage.register(title="要找的"))
    page = looked(site, "lin", q=f"{number[:4]} {number[4:8]} {number[8:]}")
    assert page.location.endswith(f"/tickets/{number}")
    for _ in range(12):
        site.stage.register()
    assert titles(looked(site, "lin", q=number[-5:])) == ["要找的"]
    few = looked(site, "lin", q=number[-3:])
    assert (few.status, "至少" in few.text) == (400, True)


def test_words_are_found_in_title_text_and_supplements_all_of_them_and_as_they_stand(site: Site) -> None:
    stage = site.stage
    stage.register(title="路灯", body="春熙路的路灯坏了三天")
    stage.register(title="停水", body="春熙路停水，WiFi 也没有")
    added = stage.register(title="噪音", body="半夜施工")
    stage.act(c.Supplement, added, OPERATOR, text="在建设北路口")
    assert titles(looked(site, "lin", q="春熙路")) == ["停水", "路灯"]
    assert titles(looked(site, "lin", q="春熙路 路灯")) == ["路灯"]
    assert titles(looked(site, "lin", q="建设北路")) == ["噪音"]
    assert titles(looked(site, "lin", q="wifi")) == ["停水"]
    assert titles(looked(site, "lin", q="路的春熙")) == []
    assert looked(site, "lin", q="水").status == 400


def test_what_was_erased_is_not_found_any_more(site: Site) -> None:
    ticket_id = site.stage.register(title="甲", body="王小明家的事")
    assert titles(looked(site, "lin", q="王小明")) == ["甲"]
    site.stage.as_owner("UPDATE ticket_text SET text = NULL, salt = NULL WHERE ticket_id = :id", id=ticket_id)
    assert titles(looked(site, "lin", q="王小明")) == []
    with site.stage.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT grams(NULL)")).scalar_one() is None


@pytest.mark.parametrize(
    ("login", "found"), [("lin", ["别的", "自己的"]), ("zhou", ["自己的"]), ("luo", ["别的"]), ("wu", [])]
)
def test_nobody_finds_what_is_not_theirs_by_words_or_filters(site: Site, login: str, found: list[str]) -> None:
    stage = site.stage
    stage.dispatched(title="自己的", body="水管漏水")
    stage.dispatched(OTHER_UNIT, title="别的", body="水管漏水", accused_unit=UNIT)
    another = replace(OPERATOR, id=999)
    secret = stage.register(title="保密的", body="水管漏水", confidential=True, actor=another)
    stage.act(c.Dispatch, secret, another, unit="transport")
    for form in ({"q": "水管漏水"}, {"nature": "other"}, {}):
        assert titles(looked(site, login, **form)) == found


def test_a_phone_finds_neither_what_is_confidential_nor_for_the_unit_whom_it_must_not_know(site: Site) -> None:
    stage = site.stage
    stage.dispatched(title="公开的")
    stage.dispatched(title="隐藏的", hidden_identity=True)
    stage.dispatched(title="保密的", confidential=True)
    assert titles(looked(site, "lin", q="138 0000 0000")) == ["隐藏的", "公开的"]
    assert titles(looked(site, "zheng", q="13800000000")) == ["隐藏的", "公开的"]
    assert titles(looked(site, "zhou", q="+8613800000000")) == ["公开的"]
    assert titles(looked(site, "lin", q="13800000001")) == []
    noted = stage.rows("SELECT DISTINCT fields, reason FROM access_log WHERE action = 'searched'")
    assert noted == [{"fields": ["phone"], "reason": None}]


def test_state_unit_nature_and_days_narrow_it_down(site: Site) -> None:
    stage = site.stage
    stage.register(title="没派")
    signed = stage.dispatched(title="签收了").id
    stage.act(c.Sign, signed, HANDLER)
    assert titles(looked(site, "lin", state="signed")) == ["签收了"]
    assert titles(looked(site, "lin", unit="成都市水务局")) == ["签收了"]
    assert titles(looked(site, "lin", since="2026-09-07", until="2026-09-07")) == ["签收了", "没派"]
    assert titles(looked(site, "lin", since="2026-09-08")) == []
    assert titles(looked(site, "lin", until="2026-09-06")) == []


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2201-01-01", "2026-02-30", "昨天"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_day_beyond_reason_is_refused_by_its_field_with_what_was_typed(site: Site, name: str, day: str) -> None:
    page = looked(site, "lin", q="停水", **{name: day})
    assert (page.status, "2000 年到 2200 年" in page.text) == (400, True)
    assert (page.value("q") or "停水", f'value="{day}"' in page.html) == ("停水", True)


def test_a_word_too_many_is_refused_and_not_passed_over(site: Site) -> None:
    site.stage.register(title="停水", body="一一 二二 三三 四四 五五")
    assert titles(looked(site, "lin", q="一一 二二 三三 四四 五五")) == ["停水"]
    page = looked(site, "lin", q="一一 二二 三三 四四 五五 六六")
    assert (page.status, f"最多 {reads.MOST_WORDS} 个词" in page.text) == (400, True)


def test_a_long_answer_comes_page_by_page(site: Site) -> None:
    for n in range(reads.MOST_ROWS + 2):
        site.stage.register(title=f"第{n}件")
    first = looked(site, "lin", q="从早上")
    assert len(titles(first)) == reads.MOST_ROWS
    second = site.person("lin").post("/search", q="从早上", after=first.value("after"))
    assert titles(second) == ["第1件", "第0件"]


@pytest.mark.parametrize(
    "form",
    [
        {"sort": "phone"}, {"confidential": "1"}, {"q": "%" * 200}, {"q": "' OR 1=1 --"}, {"q": "((((a+)+)+)+)$"},
        {"q": "x" * 50_000}, {"state": "nonsense"}, {"since": "tomorrow"}, {"after": "9999|x"}, {"q": "\x00\x00"},
        {"unit": "no such unit"}, {"q": "1234567890123456789012345"}, {"after": "2026-09-07T00:00:00|5"},
    ],
)  # fmt: skip
def test_whatever_is_asked_breaks_nothing_and_tells_nothing(site: Site, form: dict[str, str]) -> None:
    stage, another = site.stage, replace(OPERATOR, id=999)
    stage.register(title="保密的", body="((((a+)+)+)+)$ %%% ' OR 1=1 --", confidential=True, actor=another)
    everybodys = [] if "q" in form or "unit" in form else ["自来水停了"]
    stage.register()
    page = looked(site, "lin", **form)
    if set(form) & {"sort", "confidential", "state", "since"} or "\0" in form.get("q", ""):
        assert page.status == 400
    if page.status == 200:
        assert titles(page) == everybodys
    else:
        assert page.status == 400
        assert "保密的" not in page.text


def test_what_takes_too_long_is_refused_with_advice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "_BOUNDS", (sa.text("SET LOCAL statement_timeout = '30ms'"),))
    monkeypatch.setattr(reads, "visible_to", lambda _: sa.text("pg_sleep(1) IS NULL"))
    site.stage.register()
    page = looked(site, "lin", q="停水")
    assert (page.status, "请多写几个字" in page.text) == (409, True)


def test_words_and_phones_use_their_indexes(site: Site) -> None:
    with site.stage.owner.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = "\n".join(
            connection.exec_driver_sql(
                "EXPLAIN SELECT ticket_id FROM ticket_text WHERE part IN ('title', 'body', 'supplement')"
                " AND grams(text) @> grams('停水')"
            ).scalars()
        )
    assert "ticket_words" in plan
