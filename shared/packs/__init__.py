"""A city's packs 城市包 in the database: versions that never change, one of them active, and their rules in memory."""

from shared.packs.known import Packs, known_packs
from shared.packs.store import (
    Activation,
    Overtaken,
    PackVersion,
    activate,
    activation,
    activations,
    active,
    find,
    load,
    newest_activation,
    read_files,
    rollback,
    versions,
)

__all__ = [
    "Activation", "Overtaken", "PackVersion", "Packs", "activate", "activation", "activations", "active", "find",
    "known_packs", "load", "newest_activation", "read_files", "rollback", "versions",
]  # fmt: skip
