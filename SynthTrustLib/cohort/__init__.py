"""Many patients run as one: resumable, worst first. Nothing but `keys.csv` says who they are."""
