"""The one list of the administrator's tabs, and the frame that every one of them stands in."""

from typing import Any

from flask import Response, url_for

from intake.acts import current_viewer
from intake.pages.frame import Tab, framed, tabs
from intake.pages.mistakes import Mistake
from intake.pages.replies import page
from intake.stores import engine

# Name of a tab -> endpoint of its first page. Its words are `admin.tab.<name>`, its template `staff/admin/<name>.html`.
TABS = {
    "people": "staff_pages.admin",
    "units": "staff_pages.units",
    "seats": "staff_pages.seats",
    "packs": "staff_pages.packs_page",
    "keys": "staff_pages.keys",
    "hooks": "staff_pages.hooks",
    "log": "staff_pages.log",
}


def admin_page(tab: str, mistake: Mistake | None = None, template: str | None = None, **values: Any) -> Response:
    """Return a page of a tab; `template` where it is not the tab's own."""
    with engine().connect() as connection:
        bar = tabs(current_viewer(), connection)
    rooms = [Tab(name, url_for(endpoint), None) for name, endpoint in TABS.items()]
    html = framed(f"staff/admin/{template or tab}.html", bar, "admin", rooms=rooms, room=tab, mistake=mistake, **values)
    return page(html, mistake)
