"""The pure domain: no I/O, no clock, no randomness; everything else stands on it."""
