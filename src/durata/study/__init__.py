"""Declaration: a study file becomes a Study."""
