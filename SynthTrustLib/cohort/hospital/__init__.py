"""Your hospital: status and predictions learned on the patients of a cohort that have references."""
