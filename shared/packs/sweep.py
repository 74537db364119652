"""How far the recount after an activation has come, as the name of its job."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Sweep:
    """The part of a job of kind `recount`: tickets up to the id `after` have been looked at.

    Two sweeps follow an activation: the second finds what a process counted by the old rules just before the commit.
    """

    activation_id: int
    round: int = 1
    after: int = 0
    again: int = 0  # a part that is done is never armed anew

    @property
    def part(self) -> str:
        return f"{self.activation_id}:{self.round}:{self.after}:{self.again}"

    @classmethod
    def of(cls, part: str) -> "Sweep":
        """Read a job's part."""
        return cls(*map(int, part.split(":")))

    def on(self, after: int) -> "Sweep":
        """Return where to go on; at the same place it is another try."""
        return replace(self, after=after, again=self.again + 1 if after == self.after else 0)
