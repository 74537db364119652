"""The pages of both surfaces; `install` registers a surface's blueprint."""

from flask import Flask


def install(app: Flask, surface: str) -> None:
    """Register the pages of `surface` (`public` or `staff`). Their rows in the access table are in `intake.access_pages`."""
