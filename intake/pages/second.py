"""The second step of a login: a code of the person's device; the first time the device is set up."""

import segno
from flask import Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup

from intake import identity, login
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of
from intake.pages.replies import page
from intake.stores import engine
from shared.domain.errors import Refused
from shared.people import Staff, second_factor

_LONGEST_CODE, _GROUP = 40, 4


@staff_pages.get("/login/code")
def second() -> Response:
    """Ask for a code, or show how to get one."""
    try:
        person, is_enrolled = login.waiting(_token())
    except Refused:
        return redirect(url_for("staff_pages.login"), 303)  # type: ignore[return-value]
    return _ask(person, is_enrolled)


@staff_pages.post("/login/code")
def show_second() -> Response:
    """Take the code; the session is a new one."""
    try:
        person, is_enrolled = login.waiting(_token())
    except Refused:
        return redirect(url_for("staff_pages.login"), 303)  # type: ignore[return-value]
    try:
        done, codes = login.show_code(_token(), request.form.get("code", "")[:_LONGEST_CODE])
    except Refused as error:
        return _ask(person, is_enrolled, mistake_of(error, "second", {}))
    answer = redirect(url_for("staff_pages.home"), 303)
    if codes:
        answer = make_response(render_template("staff/recovery.html", codes=codes))
    identity.set_cookie(answer, identity.staff_cookie(), done.token, is_session=True)  # type: ignore[arg-type]
    return identity.drop_cookie(answer, identity.waiting_cookie())  # type: ignore[arg-type]


def _ask(person: Staff, is_enrolled: bool, mistake: Mistake | None = None) -> Response:
    secret, picture = "", Markup()
    if not is_enrolled:
        with engine().begin() as connection:
            secret = second_factor.secret_to_enrol(connection, person.id)
        code = segno.make(second_factor.address_of(secret, person.login), error="m")
        # Drawn by us from letters of our own: nothing in it comes from a form.
        picture = Markup(code.svg_inline(scale=4, light="white", dark="black"))  # noqa: S704
    groups = [secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP)]
    html = render_template(
        "staff/second.html", mistake=mistake, is_enrolled=is_enrolled, picture=picture, groups=groups
    )
    return page(html, mistake)


def _token() -> str:
    return request.cookies.get(identity.waiting_cookie(), "")
