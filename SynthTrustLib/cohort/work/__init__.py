"""What runs: the plan, its tasks on Dask, and what each of them leaves."""
