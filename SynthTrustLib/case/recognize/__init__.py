"""Which image is which contrast: by its name, by its header, by what it looks like."""
