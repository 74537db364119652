"""Staff 工作人员: accounts, passwords, sessions, the first administrator. The only writer of those tables."""

from shared.people.accounts import add_staff, colleagues, deactivate, list_staff, set_extension, staff_at
from shared.people.first_admin import ADMIN_CODE_LIFE, issue_admin_code, use_admin_code
from shared.people.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, authenticate
from shared.people.person import NewStaff, Staff
from shared.people.sessions import (
    ABSOLUTE,
    IDLE,
    close_session,
    forget_sessions,
    open_session,
    staff_of_session,
    staff_of_sessions,
)

__all__ = [
    "ABSOLUTE", "ADMIN_CODE_LIFE", "IDLE", "LONGEST_PASSWORD", "SHORTEST_PASSWORD", "NewStaff", "Staff", "add_staff",
    "authenticate", "close_session", "colleagues", "deactivate", "forget_sessions", "issue_admin_code", "list_staff",
    "open_session", "set_extension", "staff_at", "staff_of_session", "staff_of_sessions", "use_admin_code",
]  # fmt: skip
