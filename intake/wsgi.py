"""WSGI entry points: `intake.wsgi:public` and `intake.wsgi:staff`. Only the one asked for is built."""

from flask import Flask

from intake.app import create_app


def __getattr__(name: str) -> Flask:
    if name == "public":
        return create_app("public")
    if name == "staff":
        return create_app("staff")
    raise AttributeError(name)
