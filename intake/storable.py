"""What came in as text and cannot be stored, NUL or a lone surrogate, is refused before any page looks at it."""

from collections.abc import Iterable

from flask import Flask, request

from intake.json_reader import is_storable
from intake.pages.blueprints import public_pages, staff_pages
from shared.domain.errors import NotYours, Refused

# JSON is read strictly elsewhere; what is signed byte by byte must not be parsed here.
_WITH_FORMS = (public_pages.name, staff_pages.name)


def install(app: Flask) -> None:
    """Look at path, query and form of every request that the access table lets through."""
    app.before_request(_refuse)


def _refuse() -> None:
    path = (value for value in (request.view_args or {}).values() if isinstance(value, str))
    if not _are_storable(path):
        raise NotYours  # nothing is named so, and what does not exist looks the same everywhere
    forms = [request.args, request.form] if request.blueprint in _WITH_FORMS else [request.args]
    if not all(_are_storable((*form, *(value for _, value in form.items(multi=True)))) for form in forms):
        raise Refused("bad_characters", "有不能保存的字符（NUL 或不成对的代理字符）。请返回上一页，删掉以后再提交。")


def _are_storable(texts: Iterable[str]) -> bool:
    return all(map(is_storable, texts))
