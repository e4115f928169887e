"""The cohort as one page and one table, worst first."""
