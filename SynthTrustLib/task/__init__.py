"""task: what is outlined on which images, as data. Glioma ships; a segmenter may bring another."""
