"""Weights that undo selection over time: hazards of ending treatment and of being lost, and what they weigh."""
