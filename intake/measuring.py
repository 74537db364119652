"""How long requests take, by the name of their endpoint: never by a path, which holds numbers. Also their spans."""

from time import perf_counter

from flask import Flask, Response, g, request

from shared import traces
from shared.metrics import REQUEST

ARRIVED = "hotline.arrived"  # when the whole body was there; the wait for a turn counts, a slow sender's time does not

_UNTRACED = ("static", "health.", "metrics.")  # asked for again and again, and of no request


def install(app: Flask, surface: str) -> None:
    """Time every request of a surface."""

    def begin() -> None:
        g.began = request.environ.get(ARRIVED) or perf_counter()

    def end(response: Response) -> Response:
        endpoint, status = request.endpoint or "none", response.status_code
        REQUEST.labels(surface, endpoint, f"{status // 100}xx").observe(perf_counter() - g.began)
        if traces.is_on() and not endpoint.startswith(_UNTRACED):
            span = traces.Span(
                f"request {endpoint}", traces.request(g.request_id), traces.wrote(), has_failed=status >= 500
            )
            traces.ended(span, g.began, surface=surface, status=status, request_id=g.request_id)
        return response

    app.before_request(begin)
    app.after_request(end)
