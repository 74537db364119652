"""What a reader may choose: language, light or dark, large text. By link parameter and cookie, no script needed."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Response, g, has_request_context, request

from shared.settings import settings

CHOICES: Mapping[str, tuple[str, ...]] = {
    "lang": ("zh", "en"),
    "theme": ("auto", "light", "dark"),
    "size": ("normal", "large"),
}
_KEPT_SECONDS = 365 * 24 * 3600


def preferences() -> dict[str, str]:
    """Return what the address says, else the cookies; the first choice is the default."""
    if "preferences" not in g:
        g.preferences = {name: _chosen(name, choices) for name, choices in CHOICES.items()}
    chosen: dict[str, str] = g.preferences
    return chosen


def keep_preferences(response: Response) -> Response:
    """Put what the address chose into cookies."""
    for name, choices in CHOICES.items():
        if request.args.get(name) in choices:
            is_secure = not settings().is_dev
            kept = request.args[name]
            response.set_cookie(name, kept, _KEPT_SECONDS, secure=is_secure, httponly=True, samesite="Lax")
    return response


def is_english() -> bool:
    """Tell whether the reader chose English."""
    return has_request_context() and preferences()["lang"] == "en"


def with_choice(**choice: str) -> str:
    """Return the address of this page with another choice; of the start page where this one was not read by GET."""
    if request.method not in ("GET", "HEAD") or request.url_rule is None:
        return "/?" + urlencode(choice)
    kept = {name: value for name, value in request.args.items() if name not in CHOICES}
    return request.path + "?" + urlencode(kept | choice)


def _chosen(name: str, choices: tuple[str, ...]) -> str:
    for source in (request.args, request.cookies):
        if source.get(name) in choices:
            return str(source[name])
    return choices[0]
