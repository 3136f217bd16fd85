"""``python -m durata``: the command line."""

from durata.cli import main

main()
