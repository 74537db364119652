"""Which pages are open to whom; part of the access table in `intake.access`."""

from collections.abc import Mapping

from shared.domain.terms import Role

ANYBODY: frozenset[Role] = frozenset()

PUBLIC: Mapping[str, frozenset[Role]] = {}
STAFF: Mapping[str, frozenset[Role]] = {}
