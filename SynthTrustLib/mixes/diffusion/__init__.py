"""diffusion: a generator that learned from training patients how a label map looks as MRI."""
