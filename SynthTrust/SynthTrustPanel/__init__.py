"""What SynthTrust.py is made of: parameters, logic, self-test, and the sections of the panel. No arithmetic."""
