"""The classifier: what is this about, whose duty is it, and why."""
