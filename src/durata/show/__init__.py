"""Answers become tables and figures."""
