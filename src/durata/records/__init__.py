"""Any patient file becomes Records: declared columns, typed, with their places."""
