"""The lanes of `sender`: one that fails ends the process, so that its supervisor starts all of them anew."""

import threading

import pytest

from worker.sender import Lanes


def test_a_lane_that_fails_ends_the_process_and_is_written_down(capfd: pytest.CaptureFixture[str]) -> None:
    has_begun = threading.Event()

    def fails() -> object:
        has_begun.wait(5)
        raise LookupError("a mistake of ours")

    def works() -> object:
        has_begun.set()
        return None

    assert not Lanes({"one": fails, "other": works}).run()
    assert "lane_failed" in capfd.readouterr().out
