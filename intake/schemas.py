"""What comes in and goes out, as marshmallow schemas; the OpenAPI description is generated from them."""

from typing import Any

import phonenumbers
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate

from intake.json_reader import is_storable
from shared.domain.terms import Channel, EndReason, FollowUpResult, HolderKind, Nature, Role, Urgency
from shared.reads.queues import MOST_ROWS, Only

LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTE = 200, 10_000, 2_000
HOME_REGION = "CN"


class Text(fields.String):
    """A text that the database can hold, stripped, within its length."""

    def __init__(self, most: int, *, least: int = 1, **kwargs: Any) -> None:
        self.most, self.least = most, least
        super().__init__(**kwargs)
        self.metadata = {**self.metadata, "minLength": least, "maxLength": most}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if not is_storable(text):
            raise ValidationError("有不能保存的字符（NUL 或不成对的代理字符）。")
        if not self.least <= len(text) <= self.most:
            raise ValidationError(f"要 {self.least} 到 {self.most} 个字，现在是 {len(text)} 个。")
        return text


class Phone(Text):
    """A phone number, kept as E.164; numbers without a country are Chinese."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        typed = super()._deserialize(value, attr, data, **kwargs)
        try:
            number = phonenumbers.parse(typed, HOME_REGION)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise ValidationError("电话号码不对。手机 11 位，座机请加区号，例如 028-12345678。")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Strict(Schema):
    """Refuses fields it does not know."""

    class Meta:
        unknown = RAISE


class TicketIn(Strict):
    """A request 诉求 as anybody may file it."""

    title = Text(LONGEST_TITLE, metadata={"description": "One line; taken from the body if missing."})
    body = Text(LONGEST_TEXT, required=True, metadata={"description": "What happened, in the caller's words."})
    channel = fields.Enum(Channel, by_value=True, load_default=Channel.WEB)
    name = Text(60)
    phone = Phone(40)
    email = fields.Email(validate=validate.Length(max=200))
    address = Text(300)
    county = Text(40)
    hidden_identity = fields.Boolean(load_default=False)

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
    confidential = fields.Boolean(load_default=False)
    accused_unit = Text(80)


class IdempotencyHeader(Schema):
    """Names one attempt; a repeat with the same key and body gets the same answer."""

    class Meta:
        unknown = "exclude"

    key = fields.String(
        data_key="Idempotency-Key", required=True, validate=validate.Regexp(r"^[\x21-\x7e]{8,200}$")
    )


class PickUpHeader(Schema):
    """The pick-up code 提取码 of the ticket."""

    class Meta:
        unknown = "exclude"

    code = fields.String(data_key="Pick-Up-Code", required=True, validate=validate.Length(1, 40))


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


class PublicTicketOut(Schema):
    """The caller's own ticket."""

    number = fields.String()
    status = fields.String()
    status_text = fields.String()
    holder = fields.String()
    due_at = fields.AwareDateTime(allow_none=True)
    timeline = fields.List(fields.Nested(PublicStepOut))


class Seen(Strict):
    """`seen_seq`: the ticket's `seq` that the page or the last answer showed; with it a change in between is a 409."""

    seen_seq = fields.Integer(strict=False, validate=validate.Range(1, 2**31 - 1))

    @pre_load
    def drop_empty(self, data: Any, **kwargs: Any) -> Any:
        """Treat an empty form field as not given."""
        return {key: value for key, value in data.items() if value != ""} if isinstance(data, dict) else data


class AnswerIn(Seen):
    """直接答复 / 不予受理: what the caller is told."""

    public = Text(LONGEST_TEXT, required=True)


class DispatchIn(Seen):
    """派单."""

    unit = Text(80, required=True)
    nature = fields.Enum(Nature, by_value=True)
    urgency = fields.Enum(Urgency, by_value=True)
    county = Text(40)
    reason = Text(LONGEST_NOTE)


class SeatIn(Seen):
    """转专家座席."""

    skill = Text(80, required=True)


class TriageIn(Seen):
    """转人工分拣."""

    why = Text(LONGEST_NOTE, required=True)


class RedispatchIn(Seen):
    """改派."""

    unit = Text(80, required=True)
    reason = Text(LONGEST_NOTE, required=True)


class HandOverIn(Seen):
    """移交."""

    staff_id = fields.Integer(required=True, validate=validate.Range(1, 2**62))


class ReturnIn(Seen):
    """退单."""

    basis = Text(LONGEST_NOTE, required=True)
    reason = Text(LONGEST_NOTE, required=True)
    proposed_unit = Text(80)


class ReplyIn(Seen):
    """答复."""

    public = Text(LONGEST_TEXT, required=True)
    internal = Text(LONGEST_TEXT, required=True)
    contacted = fields.Boolean(load_default=False)


class ReasonIn(Seen):
    """A step that needs a reason."""

    reason = Text(LONGEST_NOTE, required=True)


class WithdrawIn(Seen):
    """撤单; the caller need not say why."""

    reason = Text(LONGEST_NOTE)


class FollowUpIn(Seen):
    """回访."""

    result = fields.Enum(FollowUpResult, by_value=True, required=True)
    call_rating = fields.Integer(validate=validate.Range(1, 5))
    matter_rating = fields.Integer(validate=validate.Range(1, 5))
    note = Text(LONGEST_NOTE)


class CloseIn(Seen):
    """归档."""

    end_reason = fields.Enum(EndReason, by_value=True, required=True)


class AmendIn(Seen):
    """更正."""

    reason = Text(LONGEST_NOTE, required=True)
    nature = fields.Enum(Nature, by_value=True)
    urgency = fields.Enum(Urgency, by_value=True)
    county = Text(40)
    confidential = fields.Boolean()
    hidden_identity = fields.Boolean()
    accused_unit = Text(80)


class SupplementIn(Seen):
    """补充."""

    text = Text(LONGEST_TEXT, required=True)


class UrgeIn(Seen):
    """催办."""

    note = Text(LONGEST_NOTE)


class ActOut(Schema):
    """The ticket after a command. `event_count` 0: there was nothing to do."""

    number = fields.String()
    state = fields.String()
    holder_kind = fields.String()
    holder_id = fields.String()
    seq = fields.Integer()
    due_at = fields.AwareDateTime(allow_none=True)
    event_count = fields.Integer()


class LoginIn(Strict):
    """登录."""

    login = Text(80, required=True)
    password = fields.String(required=True, validate=validate.Length(1, 200))


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
    limit = fields.Integer(load_default=25, validate=validate.Range(1, MOST_ROWS))
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


class TicketOut(ActOut):
    """A ticket as this viewer may see it."""

    class Meta:
        exclude = ("event_count",)

    title = fields.String()
    body = fields.String()
    nature = fields.String()
    urgency = fields.String()
    unit = fields.String(allow_none=True)
    caller_name = fields.String(metadata={"description": "Masked; absent where the viewer may not know."})
    caller_phone = fields.String()
    timeline = fields.List(fields.Nested(StepOut))
