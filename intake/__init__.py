"""People: everything that speaks HTTP. Two surfaces, public and staff, and the stream."""
