"""The public front door: what 12345 is, number and code for a cookie, the follow link, forgetting this device."""

from flask import Response, g, redirect, render_template, request, url_for

from intake import identity
from intake.pages.blueprints import public_pages
from intake.pages.mistakes import Mistake, mistake_of
from intake.pages.replies import page
from intake.problems import problem
from shared.domain.errors import Refused


@public_pages.get("/")
def landing() -> Response:
    """Say what the line is, and open the two ways in."""
    return _landing()


@public_pages.post("/follow")
def follow() -> Response:
    """Exchange number and pick-up code for the caller's cookie; a wrong one keeps the number typed."""
    number, code = request.form.get("number", "")[:40], request.form.get("code", "")[:40]
    try:
        viewer = identity.follow(number, code)
    except Refused as error:
        return _landing(mistake_of(error, "follow", {"number": number}))
    return _remember(identity.link_of(viewer))


@public_pages.get("/f/<token>")
def link(token: str) -> Response:
    """Exchange a follow link for the caller's cookie at once, so that the token stays in no address."""
    if identity.caller_of_link(token) is None:
        return problem(404, "http_404", "")
    return _remember(token)


@public_pages.post("/leave")
def leave() -> Response:
    """Forget this device."""
    answer = redirect(url_for("public_pages.landing"), 303)
    return identity.drop_cookie(answer, identity.follow_cookie())  # type: ignore[arg-type]


def _remember(token: str) -> Response:
    answer = redirect(url_for("public_pages.ticket"), 303)
    return identity.set_cookie(answer, identity.follow_cookie(), token, is_session=False)  # type: ignore[arg-type]


def _landing(mistake: Mistake | None = None) -> Response:
    number = mistake.typed.get("number", "") if mistake else ""
    html = render_template("public/landing.html", mistake=mistake, number=number, is_following=g.viewer is not None)
    return page(html, mistake)
