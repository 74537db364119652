"""A person's own password: set anew at any time, and first of all where an administrator gave a one-time one."""

from flask import Response, g, redirect, render_template, request, url_for

from intake.acts import current_viewer
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of
from intake.pages.replies import page
from intake.pages.words import say
from intake.stores import engine
from shared import attempts, people
from shared.domain.errors import Refused

_LONGEST = 200


@staff_pages.get("/password")
def password() -> Response:
    """Show the form."""
    return _form()


@staff_pages.post("/password")
def save_password() -> Response:
    """Set the password; all sessions end, and the person logs in with the new one."""
    current, new, again = (request.form.get(name, "")[:_LONGEST] for name in ("current", "password", "again"))
    if new != again:
        wrong = {"again": say("password.differ")}
        return _form(Mistake("password", 400, say("errors.title"), wrong))
    subject = f"password|{g.staff.id}"
    try:
        with engine().begin() as connection:
            attempts.check(connection, attempts.LOGIN, subject)
        with engine().begin() as connection:
            people.set_own_password(connection, current_viewer(), current, new)
    except Refused as error:
        if error.code == "wrong_password":
            with engine().begin() as connection:
                attempts.count(connection, attempts.LOGIN, subject)
        return _form(mistake_of(error, "password", {}))
    return redirect(url_for("staff_pages.login", changed="1"), 303)  # type: ignore[return-value]


def _form(mistake: Mistake | None = None) -> Response:
    return page(render_template("staff/password.html", mistake=mistake), mistake)
