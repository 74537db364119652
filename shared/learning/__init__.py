"""Learning who handles what from a city's own history. No database, no network; only `model_file` touches a disk."""
