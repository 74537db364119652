"""The places where a test may let a process die: all listed, each called once, and never in production."""

import ast
import subprocess
import sys
from collections import Counter

import pytest

from shared.fault_points import EXIT_CODE, POINTS, VARIABLE, chosen, fault_point
from shared.settings import SettingsError
from tests.unit.test_architecture import ROOT, sources

DEV = {"HOTLINE_DEV": "1"}


def called() -> list[str]:
    """Return the name of every point that the source calls."""
    nodes = [node for tree in sources().values() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [node.args[0] for node in nodes if isinstance(node.func, ast.Name) and node.func.id == "fault_point"]
    return [name.value if isinstance(name, ast.Constant) else "?" for name in names]


def test_every_point_is_called_in_one_place_and_none_that_is_not_listed() -> None:
    assert Counter(called()) == Counter(list(POINTS))


def test_every_point_says_what_has_happened_there_and_what_has_not() -> None:
    assert all(about.endswith(".") and about[0].isupper() for about in POINTS.values())
    assert len(set(POINTS.values())) == len(POINTS)


def test_without_the_variable_a_point_is_nothing() -> None:
    assert chosen({}) is None
    assert chosen(DEV | {VARIABLE: ""}) is None
    fault_point("step.written")
    fault_point("no such point")  # nothing is looked up either


def test_outside_development_the_variable_stops_the_start() -> None:
    for environment in ({}, {"HOTLINE_DEV": "0"}, {"HOTLINE_DEMO": "1"}):
        with pytest.raises(SettingsError, match="HOTLINE_DEV=1 alone"):
            chosen(environment | {VARIABLE: "step.written"})


def test_a_point_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="no point"):
        chosen(DEV | {VARIABLE: "step.written "})


def test_a_process_dies_at_its_point_and_at_no_other() -> None:
    walk = "from shared.fault_points import fault_point as at\nfor name in ('open.drawn', 'step.written'): at(name)"
    for name, code in (("step.written", EXIT_CODE), ("open.committed", 0)):
        environment = DEV | {VARIABLE: name}
        done = subprocess.run([sys.executable, "-c", walk], cwd=ROOT, env=environment, capture_output=True, check=False)
        assert (done.returncode, name.encode() in done.stderr) == (code, code == EXIT_CODE), done.stderr
