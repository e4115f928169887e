"""A label-to-image simulator: anatomy + grown tumor + intensities by label + acquisition = a synthetic patient."""
