"""The forms of what people do to a ticket, one for each act of `intake.acts`."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from intake.fields import LONGEST_NOTE, LONGEST_TEXT, FileIds, Flag, OfPack, Strict, Text, Whole
from intake.json_reader import JsonObject
from shared.domain.terms import EndReason, FollowUpResult, Nature, Urgency


class Seen(Strict):
    """`seen_seq`: the ticket's `seq` that the page or the last answer showed; with it a change in between is a 409."""

    seen_seq = Whole(validate=validate.Range(1, 2**31 - 1))

    @pre_load
    def drop_empty(self, data: Any, **kwargs: Any) -> Any:
        """Treat an empty form field as not given."""
        is_form = isinstance(data, dict) and not isinstance(data, JsonObject)
        return {key: value for key, value in data.items() if value != ""} if is_form else data


class AnswerIn(Seen):
    """直接答复 / 不予受理: what the caller is told."""

    public = Text(LONGEST_TEXT, required=True)
    files = FileIds()


class DispatchIn(Seen):
    """派单."""

    unit = OfPack("unit", required=True)
    nature = fields.Enum(Nature, by_value=True)
    urgency = fields.Enum(Urgency, by_value=True)
    county = OfPack("county", most=40)
    reason = Text(LONGEST_NOTE)


class SeatIn(Seen):
    """转专家座席."""

    skill = OfPack("skill", required=True)
    reason = Text(LONGEST_NOTE)


class TriageIn(Seen):
    """转人工分拣."""

    why = Text(LONGEST_NOTE, required=True)


class RedispatchIn(Seen):
    """改派."""

    unit = OfPack("unit", required=True)
    reason = Text(LONGEST_NOTE, required=True)


class HandOverIn(Seen):
    """移交."""

    staff_id = Whole(required=True, validate=validate.Range(1, 2**62))


class ReturnIn(Seen):
    """退单."""

    basis = Text(LONGEST_NOTE, required=True)
    reason = Text(LONGEST_NOTE, required=True)
    proposed_unit = OfPack("unit")


class ContactIn(Seen):
    """首次联系."""

    note = Text(LONGEST_NOTE)
    inner_files = FileIds()


class ReportIn(Seen):
    """阶段性反馈."""

    public = Text(LONGEST_TEXT, required=True)
    files = FileIds()


class ReplyIn(Seen):
    """答复."""

    public = Text(LONGEST_TEXT, required=True)
    internal = Text(LONGEST_TEXT, required=True)
    contacted = Flag(load_default=False)
    no_contact = Text(LONGEST_NOTE)
    files = FileIds()
    inner_files = FileIds()


class ReasonIn(Seen):
    """A step that needs a reason."""

    reason = Text(LONGEST_NOTE, required=True)


class WithdrawIn(Seen):
    """撤单; the caller need not say why."""

    reason = Text(LONGEST_NOTE)


class FollowUpIn(Seen):
    """回访."""

    result = fields.Enum(FollowUpResult, by_value=True, required=True)
    call_rating = Whole(validate=validate.Range(1, 5))
    matter_rating = Whole(validate=validate.Range(1, 5))
    note = Text(LONGEST_NOTE)


class ConfirmIn(Seen):
    """诉求人确认; what is not solved needs a reason."""

    solved = Flag(required=True)
    reason = Text(LONGEST_NOTE)
    call_rating = Whole(validate=validate.Range(1, 5))
    matter_rating = Whole(validate=validate.Range(1, 5))


class TellByIn(Seen):
    """改告知方式: to an address, or by short message to the mobile that the request names; neither ends the notices."""

    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=200))
    sms = Flag(load_default=False)

    @validates_schema
    def one_way(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse two ways at once."""
        if data.get("sms") and data.get("email"):
            raise ValidationError("短信和邮件只能选一种。", "sms")


class CloseIn(Seen):
    """归档."""

    end_reason = fields.Enum(EndReason, by_value=True, required=True)


class AmendIn(Seen):
    """更正."""

    reason = Text(LONGEST_NOTE, required=True)
    nature = fields.Enum(Nature, by_value=True)
    urgency = fields.Enum(Urgency, by_value=True)
    county = OfPack("county", most=40)
    confidential = Flag()
    hidden_identity = Flag()
    accused_unit = OfPack("unit")


class SupplementIn(Seen):
    """补充."""

    text = Text(LONGEST_TEXT, required=True)
    files = FileIds()


class UrgeIn(Seen):
    """催办."""

    note = Text(LONGEST_NOTE)
