"""What a city knows of its places beside counties and streets: landmarks and communities. No text is read here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Landmark:
    """A place people name instead of an address 地标. Several counties: a road that runs through them, a name of each.

    `misspelt` are the usual wrong ways to write it 常见错写, which say less. `street` is the unit's code, where known.
    """

    names: tuple[str, ...]  # the usual one first
    counties: tuple[str, ...]
    street: str | None = None
    misspelt: tuple[str, ...] = ()
