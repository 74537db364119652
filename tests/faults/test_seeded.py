"""Three planted bugs that must be seen at every change; all twelve: `./hotline faults --full`."""

import pytest

from tests.faults.seeded.bugs import ALWAYS, Bug, bugs, look


@pytest.mark.parametrize("bug", [bug for bug in bugs() if bug.number in ALWAYS], ids=lambda bug: f"{bug.number}")
def test_a_planted_bug_turns_its_check_red_for_the_expected_reason(bug: Bug) -> None:
    seen = look(bug)
    print(f"\n{bug.number:>2} {bug.what} -> {bug.caught_by.rpartition('::')[2]}: {seen.seconds:.0f} s")
    assert seen.is_red, seen.said
