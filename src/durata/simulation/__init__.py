"""Simulated cohorts whose truth is known, and what each method makes of them."""
