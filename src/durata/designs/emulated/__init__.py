"""Emulated trials: every patient cloned to every strategy, clones cut off when they deviate, the rest weighted."""
