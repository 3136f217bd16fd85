"""Published figures alone: what they say of each other, and what can be re-analysed from a drawn curve."""
