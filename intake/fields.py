"""What every form is made of: texts that the database can hold, phones, and strictness."""

from typing import Any

import phonenumbers
from marshmallow import RAISE, Schema, ValidationError, fields

from intake.json_reader import is_storable

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


class Whole(fields.Integer):
    """A whole number: 3 or, in forms, "3"; neither 3.5 nor true."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Phone(Text):
    """A phone number, kept as E.164; numbers without a country are Chinese."""

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


class Strict(Schema):
    """Refuses fields it does not know."""

    class Meta:
        unknown = RAISE
