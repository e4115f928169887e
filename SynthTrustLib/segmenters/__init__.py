"""segmenters: packages of trained networks, and the engine that runs several of them side by side."""
