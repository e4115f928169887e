"""maps: disagreement, uncertainty, mix influence and review spots, voxel by voxel."""
