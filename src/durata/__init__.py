"""durata: how long should this treatment last? The public names, nothing else."""
