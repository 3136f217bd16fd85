"""A Document of ordered blocks, and the files it is printed to."""
