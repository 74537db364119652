"""Whatever is written, the router answers: a unit that exists and is not excluded, or a person."""

from hypothesis import given, settings
from hypothesis import strategies as st

from router.decision import decide_route
from router.script import plain
from shared.cities.load import load_city
from shared.domain.levels import refuse_lower_level
from shared.domain.routing import Decision, RoutingInput
from shared.domain.terms import HolderKind

RULES = load_city("chengdu")
_PHRASES = sorted(
    {part for duty in RULES.duties.values() for phrase, _ in duty.words for part in phrase.split("+")}
    | {phrase for phrases in RULES.lexicon.values() for phrase in phrases}
    | {word for referral in RULES.referrals.values() for word in referral.words}
    | {names[-1] for names in RULES.counties.values()}
    | set(RULES.aliases)
    | {name for one in RULES.landmarks for name in (*one.names, *one.misspelt)}
    | {name for names in RULES.communities.values() for name in names[:2]}
)
_sentences = st.lists(
    st.one_of(
        st.sampled_from(_PHRASES), st.sampled_from(["，", "。", "\n", "的", "！", " ", "🙂"]), st.text(max_size=5)
    ),
    max_size=25,
).map("".join)
_texts = st.one_of(st.text(max_size=300), _sentences)
_units = st.sampled_from(sorted(RULES.units))


def check(request: RoutingInput, decision: Decision) -> None:
    barred = {*request.excluded_units, *decision.accused}
    whole = f"{request.title}\n{request.body}"
    for candidate in decision.candidates:
        known = RULES.units if candidate.holder_kind is HolderKind.UNIT else RULES.skills
        assert candidate.holder_id in known
        assert candidate.holder_kind is HolderKind.SEAT or candidate.holder_id not in barred
        assert 0 <= candidate.score <= 1
        assert candidate.reasons
        if candidate.holder_kind is HolderKind.UNIT and candidate.duty:
            refuse_lower_level(candidate.duty, candidate.holder_id, RULES)
    assert len({(one.holder_kind, one.holder_id) for one in decision.candidates}) == len(decision.candidates) <= 5
    if decision.chosen is not None:
        assert decision.chosen == decision.candidates[0]
        assert decision.chosen.score >= decision.threshold
    assert decision.why
    assert all(whole[mark.start : mark.end] == mark.word for mark in decision.marks)
    assert decision.county is None or decision.county in RULES.counties
    assert decision.street is None or RULES.units[decision.street].county == decision.county
    assert decision.community is None or decision.community in RULES.communities[decision.street or ""]
    assert decision.zone in (None, decision.county)
    assert set(decision.rivals) <= set(RULES.counties)
    assert not (decision.rivals and decision.county)


@given(
    title=_texts, body=_texts, excluded=st.lists(_units, max_size=4), proposed=st.none() | _units | st.text(max_size=9)
)
@settings(max_examples=300, deadline=None)
def test_any_text_gets_a_sound_decision(title: str, body: str, excluded: list[str], proposed: str | None) -> None:
    request = RoutingInput(1, title, body, proposed_unit=proposed, excluded_units=tuple(excluded))
    decision = decide_route(request, RULES)
    check(request, decision)
    assert decide_route(request, RULES) == decision


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_plain_characters_keep_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)


def test_long_and_odd_texts_are_answered() -> None:
    for body in (
        "", " ", "\n" * 5_000, "停水" * 20_000, "武侯区" * 3_000, "、".join(RULES.units) * 10,
        "a" * 100_000, "\x00\u202e\ufeff", "ＡＢＣ１２３", "".join(chr(code) for code in range(0x4E00, 0x9FA6)),
    ):  # fmt: skip
        request = RoutingInput(1, "", body)
        check(request, decide_route(request, RULES))
