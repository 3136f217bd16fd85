"""Rules read the declaration, the data, a Cohort or an answer, and speak Findings."""
