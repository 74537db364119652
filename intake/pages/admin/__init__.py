"""The administrator's pages, one module per tab of `intake.pages.admin.tabs`. Importing it adds the routes."""

from intake.pages.admin import hooks, keys, log, packs, people, person, staffing

__all__ = ["hooks", "keys", "log", "packs", "people", "person", "staffing"]
