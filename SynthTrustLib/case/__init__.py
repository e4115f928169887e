"""case: files or volumes in, a PatientCase out."""
