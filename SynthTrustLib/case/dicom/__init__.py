"""DICOM: what a folder holds, and its series as volumes with their places in space."""
