"""The API keeps the word of its OpenAPI documents: schemathesis with all its checks, as four kinds of people."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis import Case, engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events

from intake.identity import staff_cookie
from shared import attempts, people
from tests.integration.api import Api
from tests.integration.conftest import api, as_settings, site, stage  # noqa: F401 - fixtures

# What no document can say: a ticket that exists, a key that was not used before, a phone that takes short messages,
# a file that was sent before, and what makes a picture one.
NUMBERS: list[str] = []
_count = itertools.count()
SEED = 20260907


@schemathesis.hook
def before_call(context: object, case: Case, kwargs: Mapping[str, Any]) -> None:
    """Let every second well-formed request be about a ticket that exists, and each registration a new one."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if (case.headers or {}).get("Idempotency-Key"):
        case.headers["Idempotency-Key"] = f"contract-{next(_count)}"
    if isinstance(case.body, dict):
        for wish in ("sms", "tell_by_sms", "files", "inner_files"):
            case.body.pop(wish, None)
    if NUMBERS and "number" in (case.path_parameters or {}) and next(_count) % 2:
        case.path_parameters["number"] = NUMBERS[next(_count) % len(NUMBERS)]


@pytest.fixture(autouse=True)
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one address ask as often as it likes; limits have tests of their own."""
    monkeypatch.setenv("HOTLINE_LIMITS", " ".join(f"{window.scope}=100000000/60" for window in attempts.WINDOWS))


def broken_words(app: Flask, headers: Mapping[str, str]) -> tuple[dict[tuple[str, str, str], str], int]:
    """Hold an app to its document; return what it did not keep, by operation and check, and how much was checked."""
    options: dict[str, Any] = {
        "headers": dict(headers),
        "seed": SEED,
        "cache": {"enabled": False},
        "operations": [
            {"include-path": "/api/v1/files", "checks": {"positive_data_acceptance": {"enabled": False}}},
        ],
        "generation": {"max-examples": 6, "database": "none"},
    }
    config = SchemathesisConfig.from_dict(options)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
    found: dict[tuple[str, str, str], str] = {}
    checked = 0
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found["", type(event).__name__, ""] = str(vars(event))[:2000]
        elif isinstance(event, events.ScenarioFinished):
            for node in itertools.chain.from_iterable(event.recorder.checks.values()):
                checked += 1
                if node.failure_info is not None:
                    failure, sample = node.failure_info.failure, node.failure_info.code_sample
                    where = event.recorder.label, node.name, failure.title
                    found.setdefault(where, f"{failure.message}\n{sample}")
    return found, checked


def headers_of(api: Api, who: str) -> dict[str, str]:  # noqa: F811
    """Return what somebody shows with every request, and fill `NUMBERS` with tickets that they may ask about."""
    accepted = [api.file() for _ in range(3)]
    NUMBERS[:] = [one["number"] for one in accepted]
    if who == "stranger":
        return {}
    if who == "caller":
        NUMBERS[:] = NUMBERS[:1]
        return {"Pick-Up-Code": accepted[0]["pick_up_code"]}
    for number in NUMBERS:
        api.done("lin", number, "dispatch", unit="water_affairs")
    login = {"handler": "zhou", "operator": "lin"}[who]
    with api.stage.engine.begin() as connection:
        token = people.open_session(connection, api.staff_id(connection, login))
    return {"Cookie": f"{staff_cookie()}={token}"}


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Keep thousands of log lines out of the report."""
    yield
    capfd.readouterr()


@pytest.mark.parametrize("who", ["stranger", "caller", "handler", "operator"])
def test_every_answer_is_as_the_document_says(api: Api, who: str, quiet: None) -> None:  # noqa: F811
    headers = headers_of(api, who)
    app = api.site.public if who in ("stranger", "caller") else api.site.staff
    found, checked = broken_words(app, headers)
    assert checked > 1000
    assert not found, "\n\n".join(f"{'  '.join(where)}\n{what}" for where, what in found.items())
