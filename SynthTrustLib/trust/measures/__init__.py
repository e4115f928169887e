"""What is measured on outlines, probabilities and scans; none of it needs a calibration."""
