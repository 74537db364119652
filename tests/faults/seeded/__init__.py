"""The test of the tests (FAULTS 5.5): bugs planted in a copy of the source, each of which must turn a check red."""
