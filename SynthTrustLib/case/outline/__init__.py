"""Outlines that were made elsewhere, brought onto the patient's grid as regions."""
