"""What went wrong with a form: a sentence, the wrong fields, and what was typed, so that nothing is lost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from marshmallow import ValidationError

from intake.pages.preferences import is_english
from intake.pages.words import WORDS, refusal, say
from intake.problems import status_of
from shared.domain.errors import Conflict, Refused
from shared.domain.files import PARTS

_NOT_TYPED = ("csrf_token", "key", "back", "then", "act")
_LENGTH = re.compile(r"要 (\d+) 到 (\d+) 个字，现在是 (\d+) 个。")
_PLAIN = {
    "Missing data for required field.": "mistake.missing",
    "Field may not be null.": "mistake.missing",
    "Not a valid email address.": "mistake.email",
    "Not a valid integer.": "mistake.number",
    "日期不对。": "search.day",
    "有不能保存的字符（NUL 或不成对的代理字符）。": "mistake.characters",
    "电话号码不对。手机 11 位，座机请加区号，例如 028-12345678。": "mistake.phone",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A form that was not carried out. `act` names the form, so that the page knows where `typed` belongs."""

    act: str
    status: int
    sentence: str
    fields: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    seen_seq: int | None = None  # set where somebody else was first
    retry_after: int | None = None

    def name_of(self, name: str) -> str:
        """Return a field's name as the form shows it."""
        for key in (f"act.{self.act}.{name}", f"{self.act}.{name}", f"field.{name}"):
            if key in WORDS:
                return say(key)
        return name


def typed_form() -> dict[str, str]:
    """Return what was typed, without blanks around it, empty fields and the form's own."""
    # Browsers send line breaks as CR LF; a text is kept as it was typed.
    lines = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
    typed = {name: value for name, value in lines.items() if not name.startswith(("kept_", *PARTS))}
    stripped = {name: value.strip() for name, value in typed.items() if name not in _NOT_TYPED}
    return {name: value for name, value in stripped.items() if value}


def mistake_of(error: Refused | ValidationError, act: str, typed: Mapping[str, str]) -> Mistake:
    """Return a refusal or a validation error as the page shows it."""
    if isinstance(error, ValidationError):
        messages: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
        wrong = {name: _sentence(texts) for name, texts in messages.items()}
        return Mistake(act, 400, say("errors.title"), wrong, typed)
    sentence = refusal(error.code, error.why)
    name = error.facts.get("field")
    fields = {str(name): sentence} if name else {}
    seen = error.facts.get("seen_seq") if isinstance(error, Conflict) else None
    retry_after = error.facts.get("retry_after")
    waits = int(retry_after) if retry_after else None
    return Mistake(act, status_of(error), sentence, fields, typed, int(seen) if seen else None, waits)


def _sentence(messages: Any) -> str:
    if isinstance(messages, Mapping):
        messages = list(messages.values())
    message = str(messages[0]) if isinstance(messages, list) and messages else str(messages)
    if message in _PLAIN:
        return say(_PLAIN[message])
    length = _LENGTH.fullmatch(message)
    if length:
        return say("mistake.length", least=length[1], most=length[2], now=length[3])
    return say("mistake.choose") if is_english() or message.isascii() else message
