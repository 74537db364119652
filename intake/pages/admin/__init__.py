"""The administrator's pages, one module per tab of `intake.pages.admin.tabs`. Importing it adds the routes."""

from intake.pages.admin import keys, people, person

__all__ = ["keys", "people", "person"]
