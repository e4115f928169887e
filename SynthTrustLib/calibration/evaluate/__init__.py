"""How a calibration does on labelled patients that it never saw."""
