"""A page as a response, with the status and the waiting time of a mistake."""

from flask import Response

from intake.pages.mistakes import Mistake


def page(html: str, mistake: Mistake | None = None) -> Response:
    """Return the page; a mistake gives it its status."""
    response = Response(html, 200 if mistake is None else mistake.status, mimetype="text/html")
    if mistake is not None and mistake.retry_after is not None:
        response.headers["Retry-After"] = str(mistake.retry_after)
    return response
