"""The pages of both surfaces; `install` registers a surface's blueprint."""

from flask import Flask

from intake.pages import assets, files, filters, preferences
from intake.pages.blueprints import public_pages, staff_pages


def install(app: Flask, surface: str) -> None:
    """Register the pages of `surface` (`public` or `staff`); who may open which is `intake.access_pages`' table."""
    app.after_request(preferences.keep_preferences)
    assets.install(app)
    filters.install(app, surface)
    files.install(app, surface)
    if surface == "staff":
        from intake.pages import (  # noqa: F401
            absences,
            admin,
            calls,
            console,
            desk,
            drafts,
            entrance,
            home,
            new_code,
            next_one,
            overview,
            own_password,
            search,
            second,
            sign_on,
            team,
            ticket_page,
            untold,
            waiting,
        )

        app.register_blueprint(staff_pages)
    else:
        from intake.pages import landing, new_request, tracking  # noqa: F401

        app.register_blueprint(public_pages)
