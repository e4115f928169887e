"""study: what the mixes of a plan do to segmenters, measured on held-out real and held-out synthetic patients."""
