"""The two blueprints that the page modules hang their routes on."""

from flask import Blueprint

public_pages = Blueprint("public_pages", __name__)
staff_pages = Blueprint("staff_pages", __name__)
