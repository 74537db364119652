"""Lets a failed `assert` in a module that is no test file say what it saw."""

import pytest

pytest.register_assert_rewrite(*(f"tests.faults.points.{name}" for name in ("ways", "people", "machines", "verbs")))
