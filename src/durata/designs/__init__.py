"""Designs: (Study, Records) -> Cohort; siblings that differ in what they take for time zero and exposure."""
