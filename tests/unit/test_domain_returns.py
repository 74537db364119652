"""What a return 退单 leaves as it was."""

from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain.terms import Nature, Urgency
from tests.unit.scene import HANDLER, OPERATOR, OTHER_UNIT, ROUTER, Life


@pytest.mark.parametrize("actor", [ROUTER, OPERATOR])
def test_after_a_return_only_a_person_changes_what_is_asked_and_how_soon(actor: object) -> None:
    life = Life.begun()
    life.do(c.Dispatch, ROUTER, nature=Nature.COMPLAINT, urgency=Urgency.URGENT)
    life.do(c.Return, HANDLER)
    life.do(c.Dispatch, actor, unit=OTHER_UNIT, nature=Nature.HELP, urgency=Urgency.NORMAL)  # type: ignore[arg-type]
    kept = (Nature.COMPLAINT, Urgency.URGENT)
    assert (life.stands.nature, life.stands.urgency) == (kept if actor is ROUTER else (Nature.HELP, Urgency.NORMAL))
    is_day_class = life.stands.due_at is not None and life.stands.due_at - life.now > timedelta(hours=24)
    assert is_day_class is (actor is OPERATOR)
