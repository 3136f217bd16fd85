"""The Chinese font that durata brings along, and what is cut out of it for one report."""
