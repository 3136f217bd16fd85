"""Cox's partial likelihood: who is at risk at each event time, the likelihood and its derivatives, the baseline hazard."""
