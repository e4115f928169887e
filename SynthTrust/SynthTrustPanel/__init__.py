"""The sections of the panel: each ties some widgets of SynthTrust.ui to the logic. Qt only; no arithmetic."""
