"""未送达: callers whom no notice has reached, so that somebody tells them another way."""

from flask import Response

from intake.acts import current_viewer
from intake.pages.blueprints import staff_pages
from intake.pages.frame import framed, tabs
from intake.pages.replies import page
from intake.stores import reading, rules
from shared.reads.notices import untold as read_untold


@staff_pages.get("/untold")
def untold() -> Response:
    """List them, newest first."""
    viewer = current_viewer()
    with reading() as connection:
        found = read_untold(viewer, connection, rules())
        bar = tabs(viewer, connection)
    return page(framed("staff/untold.html", bar, "untold", notices=found))
