"""labelled: labelled patients on disk, who is one person, and which of them train, calibrate and test."""
