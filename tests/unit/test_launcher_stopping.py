"""A stop that is asked for at a bad moment."""

import signal

import pytest

from shared.command import stopping
from shared.command.stopping import StopAsked, shielded, stop_signals


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    made = stopping._Request()
    monkeypatch.setattr(stopping, "_request", made)


def test_a_stop_signal_is_raised_once_so_that_a_second_one_does_not_cut_the_stopping_short() -> None:
    with stop_signals():
        with pytest.raises(StopAsked):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)


def test_a_step_that_must_not_be_cut_ends_first_and_the_stop_is_not_forgotten() -> None:
    steps = []
    with stop_signals():
        with pytest.raises(StopAsked), shielded():
            signal.raise_signal(signal.SIGTERM)
            steps.append("whole")
        with shielded():
            steps.append("stopping in order")
    assert steps == ["whole", "stopping in order"]


def test_an_error_in_a_shielded_step_is_not_replaced_by_the_stop() -> None:
    with stop_signals(), pytest.raises(ValueError, match="why"), shielded():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("why")


def test_the_handlers_of_before_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_signals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
