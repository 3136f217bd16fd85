"""The makers of the synthetic study ``gist``: one step of its construction a file."""
