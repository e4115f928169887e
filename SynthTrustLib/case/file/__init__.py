"""One image file: its header, its voxels, and what was declared beside it."""
