"""Estimators: a Cohort becomes an answer."""
