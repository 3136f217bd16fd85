"""The languages durata speaks: English in the code itself, Chinese in catalogues beside it."""
