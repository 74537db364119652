"""WSGI entry points: `intake.wsgi:public` and `intake.wsgi:staff`. Only the one asked for is built."""

from flask import Flask

from intake.app import LARGEST_BODY_BYTES, create_app
from intake.turns import Turns
from shared.metrics import serve
from shared.settings import settings

# Two at a time in each of two processes gave the most answers and the soonest; the staff surface has one process.
TURNS = {"public": 2, "staff": 4}


def __getattr__(name: str) -> Flask:
    if name not in TURNS:
        raise AttributeError(name)
    app = create_app("staff" if name == "staff" else "public")
    serve(settings().metrics_port)
    app.wsgi_app = Turns(app.wsgi_app, TURNS[name], LARGEST_BODY_BYTES)  # type: ignore[method-assign]
    return app
