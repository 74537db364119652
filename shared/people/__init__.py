"""Staff 工作人员: accounts, passwords, codes, sessions, the first administrator. The only writer of those tables."""

from shared.people.absences import DEPUTY_ROLES, Absence, NewAbsence, absences, end_absence, set_absence
from shared.people.accounts import (
    Edit,
    EditedMeanwhile,
    NoSuchPerson,
    activate,
    add_staff,
    deactivate,
    edit_staff,
    end_sessions_of,
    note_added,
    person,
)
from shared.people.first_admin import ADMIN_CODE_LIFE, issue_admin_code, use_admin_code
from shared.people.listing import PAGE, Search, colleagues, find_login, list_staff, search_staff, staff_at
from shared.people.own_password import ONE_TIME_LIFE, give_one_time_password, set_own_password
from shared.people.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, authenticate
from shared.people.person import NewStaff, Staff, StandIn
from shared.people.posts import STAFF_ROLES, Post
from shared.people.sessions import (
    ABSOLUTE,
    IDLE,
    OpenSession,
    close_session,
    end_sessions,
    forget_sessions,
    open_session,
    sessions_of,
    staff_of_session,
    staff_of_sessions,
)

__all__ = [
    "ABSOLUTE", "ADMIN_CODE_LIFE", "DEPUTY_ROLES", "IDLE", "LONGEST_PASSWORD", "ONE_TIME_LIFE", "PAGE",
    "SHORTEST_PASSWORD", "STAFF_ROLES", "Absence", "Edit", "EditedMeanwhile", "NewAbsence", "NewStaff",
    "NoSuchPerson", "OpenSession", "Post", "Search", "Staff", "StandIn", "absences", "activate", "add_staff",
    "authenticate", "close_session", "colleagues", "deactivate", "edit_staff", "end_absence", "end_sessions",
    "end_sessions_of", "find_login", "forget_sessions", "give_one_time_password", "issue_admin_code", "list_staff",
    "note_added", "open_session", "person", "search_staff", "sessions_of", "set_absence", "set_own_password",
    "staff_at", "staff_of_session", "staff_of_sessions", "use_admin_code",
]  # fmt: skip
