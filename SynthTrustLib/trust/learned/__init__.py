"""What was learned on labelled patients, applied to one patient with numpy alone."""
