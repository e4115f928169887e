"""mixes: the laboratory, off-line. From labelled patients to segmenters trained on known mixes."""
