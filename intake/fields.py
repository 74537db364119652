"""What every form is made of: texts that the database can hold, phones, and strictness."""

from typing import Any, Literal

import phonenumbers
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from intake.json_reader import JsonObject, is_storable
from shared.domain.errors import Refused

LONGEST_TITLE, LONGEST_TEXT, LONGEST_NOTE = 200, 10_000, 2_000
SHORTEST_REASON, LONGEST_REASON = 5, 200  # of what the access log keeps
MOST_DIGITS = 18  # of an id, which is a bigint
HOME_REGION = "CN"
# As OpenAPI is told: no NUL, something besides blanks, and the usual way to write a number (others are understood too).
_STORABLE = r"^[^\x00]*$"
_WRITTEN = r"^[^\x00]*[^\x00\s][^\x00]*$"
_DIALLED = r"^((\+?86[ -]?)?1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[2-9][0-9]{6,7})$"
UNTOLD = (_STORABLE, _WRITTEN)  # what a person reading the document takes for granted
_MOST_IDS = 100  # how many a step takes, the domain says


class Text(fields.String):
    """A text that the database can hold, stripped, within its length."""

    def __init__(self, most: int, *, least: int = 1, **kwargs: Any) -> None:
        self.most, self.least = most, least
        super().__init__(**kwargs)
        self.metadata = {
            "pattern": _WRITTEN if least else _STORABLE,
            "minLength": least,
            "maxLength": most,
            **self.metadata,
        }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if not is_storable(text):
            raise ValidationError("有不能保存的字符（NUL 或不成对的代理字符）。")
        if not self.least <= len(text) <= self.most:
            raise ValidationError(f"要 {self.least} 到 {self.most} 个字，现在是 {len(text)} 个。")
        return text


class OfPack(Text):
    """A code of the city's pack: a county, a unit or a skill. Which there are is said by the pack that holds."""

    def __init__(self, kind: Literal["county", "unit", "skill"], *, most: int = 80, **kwargs: Any) -> None:
        super().__init__(most, **kwargs)
        self.metadata = {**self.metadata, "x-of-pack": kind}


class Whole(fields.Integer):
    """A whole number: 3 or, in forms, "3"; neither 3.5 nor true."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        is_text = isinstance(value, str) and isinstance(data, JsonObject)
        if is_text or isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(fields.Boolean):
    """True or false; in forms also as browsers spell them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if isinstance(data, JsonObject) and not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class FileIds(fields.List[str]):
    """Ids of files that were sent before, in the order in which they are shown."""

    def __init__(self, **kwargs: Any) -> None:
        one = fields.String(validate=validate.Regexp(r"^[0-9a-f]{32}$"))
        super().__init__(one, validate=validate.Length(max=_MOST_IDS), **kwargs)


class Phone(Text):
    """A phone number, kept as E.164; numbers without a country are Chinese."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(most, **kwargs)
        self.metadata = {**self.metadata, "pattern": _DIALLED}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        number = e164(super()._deserialize(value, attr, data, **kwargs))
        if number is None:
            raise ValidationError("电话号码不对。手机 11 位，座机请加区号，例如 028-12345678。")
        return number


def e164(typed: str) -> str | None:
    """Return a number as E.164, None where it cannot be one; without a country it is Chinese."""
    try:
        number = phonenumbers.parse(typed, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def whole_number(typed: str | None, most_digits: int = MOST_DIGITS) -> int | None:
    """Return the number that a form or an address names in ASCII digits, None where it names none."""
    if typed is None or not (typed.isascii() and typed.isdecimal() and len(typed) <= most_digits):
        return None
    return int(typed)


def check_reason(reason: str) -> None:
    """Refuse a reason that says nothing, or more than the access log keeps."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("reason_short", f"理由至少写 {SHORTEST_REASON} 个字。", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Refused("reason_long", f"理由最多写 {LONGEST_REASON} 个字。", field="reason")


class Strict(Schema):
    """Refuses fields it does not know."""

    class Meta:
        unknown = RAISE
