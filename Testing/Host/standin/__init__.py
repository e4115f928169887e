"""A stand-in for the Slicer application, for tests on machines without Slicer. See ../README.md for what it is not."""
