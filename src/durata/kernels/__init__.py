"""Arrays in, arrays and status codes out; imports nothing from the rest of durata."""
