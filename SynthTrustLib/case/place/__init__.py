"""Where one contrast lies on another: registration, turned placements, resampling."""
