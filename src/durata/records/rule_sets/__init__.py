"""Versioned rule sets that derive a category from recorded measurements."""
