"""The neutral call event: CloudEvents 1.0, structured JSON. Attributes that we do not know are passed over."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from intake.fields import Text, Whole, e164
from shared.calls import Report
from shared.domain.calls import Direction, Step

MOST_EVENTS = 100
_WITHHELD = ("", "anonymous", "unknown", "unavailable", "restricted", "private")
_TYPES = {f"hotline.call.{step}.v1": step for step in Step}
# Beyond what any zone's arithmetic could overflow, and what PostgreSQL holds.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_HIGHEST = 2**31 - 1


class Tolerant(Schema):
    """Passes over fields it does not know: adapters are ahead of us."""

    class Meta:
        unknown = EXCLUDE


class CallerIn(Tolerant):
    """Who calls, as the exchange gives it; normalised here."""

    number = Text(40, least=0)
    withheld = fields.Boolean()


class LegIn(Tolerant):
    """Whose telephone the step is about."""

    id = Text(200)
    role = fields.String(validate=validate.OneOf(("citizen", "seat", "expert", "peer")))
    agent_id = Text(40, metadata={"description": "The seat's extension, as set in the accounts of staff."})
    skill_group = Text(80)


class QueueIn(Tolerant):
    """Where the caller waits."""

    id = Text(80)
    position = Whole(validate=validate.Range(0, _HIGHEST))


class CauseIn(Tolerant):
    """Why the call ended, in the exchange's words."""

    code = Text(40)
    text = Text(200)


class TransferIn(Tolerant):
    """To whom the call went on."""

    kind = fields.String(validate=validate.OneOf(("blind", "consult", "three_way")))
    to_role = fields.String(validate=validate.OneOf(("citizen", "seat", "expert", "peer")))
    to = Text(80)
    outcome = fields.String(validate=validate.OneOf(("done", "failed")))


class PressedIn(Tolerant):
    """The key pressed when asked for a rating."""

    stage = Text(40)
    digit = fields.String(validate=validate.Regexp(r"^[0-9*#]\Z"))
    no_input = fields.Boolean()


class RecordingIn(Tolerant):
    """Where the recording is kept."""

    ref = Text(500, required=True)
    bytes = Whole(validate=validate.Range(0, 2**53))
    seconds = fields.Float(validate=validate.Range(0, _HIGHEST))
    sha256 = fields.String(validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))


class ReportedIn(Tolerant):
    """The exchange's own sums, kept for comparison only."""

    wait_s = fields.Float(validate=validate.Range(0, _HIGHEST))
    ring_s = fields.Float(validate=validate.Range(0, _HIGHEST))
    talk_s = fields.Float(validate=validate.Range(0, _HIGHEST))


class CallDataIn(Tolerant):
    """What happened. Every field may be missing."""

    direction = fields.Enum(Direction, by_value=True)
    line = Text(40)
    caller = fields.Nested(CallerIn)
    leg = fields.Nested(LegIn)
    queue = fields.Nested(QueueIn)
    cause = fields.Nested(CauseIn)
    ended_by = fields.String(validate=validate.OneOf(("caller", "agent", "system")))
    transfer = fields.Nested(TransferIn)
    key = fields.Nested(PressedIn)
    recording = fields.Nested(RecordingIn)
    reported = fields.Nested(ReportedIn)
    ticket_no = Text(40)


class CallEventIn(Tolerant):
    """One event. `subject` names the call, `id` the step, the same for a replay; `time` is when it happened."""

    specversion = fields.String(required=True, validate=validate.Equal("1.0"))
    id = Text(200, required=True)
    source = Text(200, required=True, metadata={"description": "`/pbx/` and the adapter's name."})
    type = fields.String(required=True, validate=validate.OneOf(tuple(_TYPES)))
    subject = Text(200, required=True)
    time = fields.AwareDateTime(required=True, validate=validate.Range(_EARLIEST, _LATEST))
    datacontenttype = fields.String(validate=validate.OneOf(("application/json",)))
    data = fields.Nested(CallDataIn, required=True)


class ReceivedOut(Schema):
    """202: the events are committed."""

    events = fields.Integer()
    new = fields.Integer(metadata={"description": "How many were not known before."})


def reports_of(value: Any, adapter: str) -> list[Report]:
    """Return the events of a body, one or a batch. Raises `ValidationError` with the wrong fields by their paths."""
    events = value if isinstance(value, list) else [value]
    if len(events) > MOST_EVENTS:
        raise ValidationError({"": [f"最多 {MOST_EVENTS} 个事件。(At most {MOST_EVENTS} events.)"]})
    reports: list[Report] = []
    wrong: dict[str, Any] = {}
    for place, event in enumerate(events):
        prefix = f"{place}." if isinstance(value, list) else ""
        try:
            reports.append(_report(event, adapter))
        except ValidationError as error:
            wrong |= {prefix + path: texts for path, texts in _paths(error.normalized_messages())}  # type: ignore[no-untyped-call]
    if wrong:
        raise ValidationError(wrong)
    return reports


def _report(event: Any, adapter: str) -> Report:
    loaded = CallEventIn().load(event)
    if loaded["source"] != f"/pbx/{adapter}":
        raise ValidationError({"source": [f"要是 /pbx/{adapter}。(Must be /pbx/{adapter}.)"]})
    data = loaded["data"]
    raw = data.get("caller", {}).pop("number", None)
    if "caller" in data:
        is_withheld = data["caller"].get("withheld", False) or (raw is not None and raw.lower() in _WITHHELD)
        data["caller"] = {"withheld": is_withheld}
        raw = None if is_withheld else raw
    return Report(
        source=loaded["source"],
        subject=loaded["subject"],
        id=loaded["id"],
        step=_TYPES[loaded["type"]],
        at=loaded["time"].astimezone(UTC),
        phone=e164(raw) if raw else None,
        raw_number=raw or None,
        facts=json.loads(json.dumps(data)),
    )


def _paths(messages: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for name, inner in messages.items():
        if isinstance(inner, Mapping):
            yield from ((f"{name}.{path}", texts) for path, texts in _paths(inner))
        else:
            yield str(name).removeprefix("_schema"), inner
