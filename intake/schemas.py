"""What comes in and goes out of the JSON API, as marshmallow schemas; OpenAPI is generated from them."""

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from intake.fields import (
    LONGEST_REASON,
    LONGEST_TEXT,
    LONGEST_TITLE,
    FileIds,
    Flag,
    OfPack,
    Phone,
    Strict,
    Text,
    Whole,
)
from shared.domain.terms import Channel, HolderKind, Nature, Role, Urgency
from shared.phones import is_mainland_mobile
from shared.reads.queues import MOST_ROWS, Only
from shared.reads.tickets import REVEALABLE


class TicketIn(Strict):
    """A request 诉求 as anybody may file it."""

    title = Text(LONGEST_TITLE, metadata={"description": "One line; taken from the body if missing."})
    body = Text(LONGEST_TEXT, required=True, metadata={"description": "What happened, in the caller's words."})
    channel = fields.Enum(Channel, by_value=True, load_default=Channel.WEB)
    name = Text(60)
    phone = Phone(40)
    email = fields.Email(validate=validate.Length(max=200))
    address = Text(300)
    county = OfPack("county", most=40)
    hidden_identity = Flag(load_default=False)
    tell_by_sms = Flag(
        load_default=False, metadata={"description": "Tell by short message to `phone`, and not by e-mail."}
    )
    files = FileIds()

    @validates_schema
    def sms_needs_a_mobile(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse short messages to what cannot receive them."""
        if data.get("tell_by_sms") and not is_mainland_mobile(data.get("phone")):
            raise ValidationError("要发短信，请填内地手机号码。", "phone")

    @post_load
    def title_from_body(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Take the first words as the title where none was given."""
        data.setdefault("title", data["body"].splitlines()[0][:40])
        return data


class OperatorTicketIn(TicketIn):
    """A request as an operator registers it: what a person decides stays decided."""

    channel = fields.Enum(Channel, by_value=True, load_default=Channel.PHONE)
    nature = fields.Enum(Nature, by_value=True)
    urgency = fields.Enum(Urgency, by_value=True)
    confidential = Flag(load_default=False)
    accused_unit = OfPack("unit")


class FileIn(Strict):
    """One file, as multipart/form-data."""

    file = Upload(required=True, metadata={"description": "20 MB at most; jpg, png, pdf, docx … by name and content."})


class FileIdOut(Schema):
    """201: the file is stored."""

    id = fields.String()


class FileOut(Schema):
    """A file of a step. `name` is null where it could say who asks and the viewer may not know."""

    id = fields.String()
    name = fields.String(allow_none=True)
    extension = fields.String()
    size = fields.Integer()
    sha256 = fields.String()
    state = fields.String(metadata={"description": "unscanned, quarantined, clean, infected or erased."})


class InnerFileOut(FileOut):
    """A file as staff see it."""

    is_inner = fields.Boolean(metadata={"description": "For staff alone."})


class IdempotencyHeader(Schema):
    """Names one attempt; a repeat with the same key and body gets the same answer."""

    class Meta:
        unknown = "exclude"

    key = fields.String(data_key="Idempotency-Key", required=True, validate=validate.Regexp(r"^[\x21-\x7e]{8,200}$"))


class PickUpHeader(Schema):
    """The pick-up code 提取码 of the ticket."""

    class Meta:
        unknown = "exclude"

    code = fields.String(data_key="Pick-Up-Code", required=True, validate=validate.Length(1, 40))


class PickUpOrKeyHeader(PickUpHeader):
    """The pick-up code 提取码 of the ticket; an API key with `tickets:read` does without."""

    code = fields.String(data_key="Pick-Up-Code", validate=validate.Length(1, 40))


class AcceptedOut(Schema):
    """201: the ticket is committed. Number and code together open it."""

    number = fields.String()
    pick_up_code = fields.String()
    link = fields.String()
    registered_at = fields.AwareDateTime()


class PublicStepOut(Schema):
    """One step as the caller reads it."""

    seq = fields.Integer()
    kind = fields.String()
    at = fields.AwareDateTime()
    text = fields.String(metadata={"description": "Plain Chinese."})
    text_en = fields.String()
    answer = fields.String(allow_none=True)
    files = fields.List(fields.Nested(FileOut))


class PublicTicketOut(Schema):
    """The caller's own ticket. `promised_at` is the date given to the caller 承诺, whoever has the ticket now."""

    number = fields.String()
    status = fields.String()
    status_text = fields.String()
    holder = fields.String()
    promised_at = fields.AwareDateTime(allow_none=True)
    timeline = fields.List(fields.Nested(PublicStepOut))


class ActOut(Schema):
    """The ticket after a command. `event_count` 0: there was nothing to do."""

    number = fields.String()
    state = fields.String()
    holder_kind = fields.String()
    holder_id = fields.String()
    seq = fields.Integer()
    due_at = fields.AwareDateTime(allow_none=True)
    event_count = fields.Integer()
    pick_up_code = fields.String(metadata={"description": "The new code; after renew_code only."})


class LoginIn(Strict):
    """登录."""

    login = Text(80, required=True)
    password = fields.String(required=True, validate=validate.Length(1, 200))
    code = Text(40, metadata={"description": "Second factor, or a recovery code."})


class RevealIn(Strict):
    """显示姓名或号码. `proof`: password or second factor, where the last proof is more than 15 minutes old."""

    fields_ = fields.List(
        fields.String(validate=validate.OneOf(REVEALABLE)), data_key="fields", attribute="fields", required=True
    )
    reason = Text(LONGEST_REASON, required=True)
    proof = fields.String(validate=validate.Length(1, 200))


class RevealedOut(Schema):
    """Name and phone in full, those asked for that exist and may be known."""

    name = fields.String()
    phone = fields.String()


class StaffOut(Schema):
    """Who is logged in."""

    id = fields.Integer()
    name = fields.String()
    role = fields.Enum(Role, by_value=True)
    unit = fields.String(allow_none=True)


class QueueIn(Schema):
    """Which queue; without `holder_kind` the viewer's own."""

    class Meta:
        unknown = RAISE

    holder_kind = fields.Enum(HolderKind, by_value=True)
    holder_id = Text(80)
    filter_by = fields.Enum(Only, by_value=True, data_key="only")
    limit = Whole(load_default=25, validate=validate.Range(1, MOST_ROWS))
    after = Text(80, metadata={"description": "`next` of the page before."})


class QueueRowOut(Schema):
    """One line of a queue."""

    number = fields.String()
    seq = fields.Integer()
    title = fields.String()
    state = fields.String()
    nature = fields.String()
    urgency = fields.String()
    county = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    handler = fields.String(allow_none=True)
    registered_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)
    is_warned = fields.Boolean()
    is_overdue = fields.Boolean()


class QueueOut(Schema):
    """A page of a queue, first due first; `next` is null on the last page."""

    tickets = fields.List(fields.Nested(QueueRowOut))
    next = fields.String(allow_none=True)


class StepOut(Schema):
    """One event as staff see it."""

    seq = fields.Integer()
    kind = fields.String()
    at = fields.AwareDateTime()
    actor_role = fields.Enum(Role, by_value=True)
    actor_name = fields.String(allow_none=True)
    actor_unit = fields.String(allow_none=True)
    facts = fields.Dict()
    texts = fields.Dict()
    decision = fields.Dict(allow_none=True)
    files = fields.List(fields.Nested(InnerFileOut))


class TicketOut(ActOut):
    """A ticket as this viewer may see it."""

    class Meta:
        exclude = ("event_count", "pick_up_code")

    title = fields.String()
    body = fields.String()
    nature = fields.String()
    urgency = fields.String()
    unit = fields.String(allow_none=True)
    caller_name = fields.String(metadata={"description": "Masked; absent where the viewer may not know."})
    caller_phone = fields.String()
    timeline = fields.List(fields.Nested(StepOut))
