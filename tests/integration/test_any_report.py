"""Whatever telephony or a provider of short messages sends, or somebody in their name: an answer, and no trace."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.adapters import ADAPTER, SIGNATURE, TIMESTAMP
from tests.integration.site import Site
from tests.integration.sms_sinks import RECEIPT_SECRET, both_accounts
from tests.integration.telephony import BATCH, NAME, ONE, Adapter

some = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
KINDS = (ONE, BATCH)
IN_A_HEADER = st.text(st.characters(max_codepoint=255, exclude_categories=("Cc",)), max_size=80)
NUMBERS = st.one_of(st.integers().map(str), st.sampled_from(("9" * 30, "٣", "-1", "1-1-sms:caller", "")))
TEXTS = st.one_of(st.text(max_size=20), NUMBERS, st.lists(NUMBERS, max_size=4).map("-".join))
VALUES = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.lists(TEXTS, max_size=2))
RECEIPTS = st.lists(
    st.dictionaries(st.sampled_from(("biz_id", "out_id", "success", "err_code", "sid", "report_status")), VALUES),
    max_size=3,
)


@some
@given(
    named=st.one_of(st.just(NAME), IN_A_HEADER), at=st.one_of(st.none(), IN_A_HEADER), body=st.binary(max_size=60),
    signature=st.one_of(IN_A_HEADER, st.binary(max_size=40).map(lambda raw: f"v1={raw.hex()}")),
)  # fmt: skip
def test_no_signature_but_the_right_one_opens_the_door(
    adapter: Adapter, named: str, at: str | None, body: bytes, signature: str
) -> None:
    odd = {ADAPTER: named, SIGNATURE: signature} | ({} if at is None else {TIMESTAMP: at})
    answer = adapter.send_raw(body, **odd)
    assert (answer.status_code, answer.json["code"]) == (401, "bad_signature")


@some
@given(
    body=st.one_of(st.binary(max_size=120), st.text(max_size=60).map(str.encode)), kind=st.sampled_from((ONE, BATCH))
)
def test_what_is_signed_and_no_event_is_refused(adapter: Adapter, body: bytes, kind: str) -> None:
    empty = body.strip() == b"[]"
    assert adapter.send_raw(body, kind).status_code in ((202,) if empty else (400, 422))
    assert adapter.api.stage.rows("SELECT count(*) FROM call_event") == [{"count": 0}]


@pytest.fixture
def provided(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    both_accounts(monkeypatch, tmp_path)
    return site


@some
@given(provider=st.sampled_from(("aliyun", "tencent")), told=RECEIPTS)
def test_any_receipt_is_ours_or_nobodys(provided: Site, provider: str, told: list[dict[str, Any]]) -> None:
    client = provided.public.test_client()
    answer = client.post(f"/api/v1/receipts/{provider}/{RECEIPT_SECRET}", json=told)
    assert answer.status_code in ((400, 404) if told else (200,))  # 400: what cannot be stored
