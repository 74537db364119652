"""How long requests take, by the name of their endpoint: never by a path, which holds numbers."""

from time import perf_counter

from flask import Flask, Response, g, request

from shared.metrics import REQUEST

ARRIVED = "hotline.arrived"  # when the whole body was there; the wait for a turn counts, a slow sender's time does not


def install(app: Flask, surface: str) -> None:
    """Time every request of a surface."""

    def begin() -> None:
        g.began = request.environ.get(ARRIVED) or perf_counter()

    def end(response: Response) -> Response:
        took = perf_counter() - g.began
        REQUEST.labels(surface, request.endpoint or "none", f"{response.status_code // 100}xx").observe(took)
        return response

    app.before_request(begin)
    app.after_request(end)
