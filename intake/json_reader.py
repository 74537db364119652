"""Reads JSON bodies strictly: what Flask's own reader answers with a 500 or passes on is a 400 here (SECURITY 2.6)."""

import json
import math
from typing import Any

from flask import Request
from marshmallow import Schema
from webargs import flaskparser

from shared.domain.errors import Refused

DEEPEST = 32


class BadJson(Refused):
    """The body cannot be read; `why` says what is wrong with it."""

    def __init__(self, why: str) -> None:
        super().__init__("bad_json", why)


class JsonObject(dict[str, Any]):
    """An object that came as JSON, where values have types of their own; in forms and queries all is text."""


class StrictParser(flaskparser.FlaskParser):
    """webargs with our reader, 400 for everything, and unknown fields refused."""

    DEFAULT_VALIDATION_STATUS = 400
    # webargs would pass over what it does not know in a query; here every schema says itself.
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("json", "query", "headers"))

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the parsed body."""
        return read_json(req)


def read_json(request: Request) -> JsonObject:
    """Return the request's JSON object, or raise `BadJson`."""
    return _object(read_value(request, "application/json"))


def read_value(request: Request, *mimetypes: str) -> Any:
    """Return the request's JSON, whatever it is, or raise `BadJson`; its content type must be one of these."""
    if request.mimetype not in mimetypes:
        wanted = "、".join(mimetypes)
        raise BadJson(f"Content-Type 必须是 {wanted}。(Send Content-Type: {wanted}.)")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadJson("请求体不要压缩。(Send the body without Content-Encoding.)")
    try:
        text = request.get_data().decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson("请求体不是 UTF-8。(The body is not UTF-8.)") from None
    return parse_value(text)


def parse_json(text: str) -> JsonObject:
    """Return the JSON object in `text`."""
    return _object(parse_value(text))


def parse_value(text: str) -> Any:
    """Return the JSON in `text`; refuses all that is not plain JSON for plain data."""
    if text.startswith("\ufeff"):
        raise BadJson("请求体前面有 BOM，请去掉。(Remove the byte order mark.)")
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except BadJson:
        raise
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise BadJson("请求体不是有效的 JSON。(The body is not valid JSON.)") from None
    _check(value, 0)
    return value


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can hold the text: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _object(value: Any) -> JsonObject:
    if not isinstance(value, JsonObject):
        raise BadJson("请求体必须是 JSON 对象。(The body must be a JSON object.)")
    return value


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise _too_deep()
    if isinstance(value, str):
        if not is_storable(value):
            raise BadJson("文字里有 NUL 或不成对的代理字符。(A string holds NUL or a lone surrogate.)")
    elif isinstance(value, float):
        if not math.isfinite(value):  # 1e400 is well-formed and yet no number
            _no_constant(str(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            _check(key, depth + 1)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)


def _too_deep() -> BadJson:
    return BadJson(f"嵌套太深，最多 {DEEPEST} 层。(Nested too deeply.)")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = JsonObject(pairs)
    if len(found) != len(pairs):
        raise BadJson("同一个字段写了两次。(A field stands twice.)")
    return found


def _no_constant(name: str) -> None:
    raise BadJson(f"{name} 不是 JSON。({name} is not JSON.)")
