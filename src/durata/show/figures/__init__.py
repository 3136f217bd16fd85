"""One figure a file, each a function from answers to a matplotlib Figure; matplotlib is known only here."""
