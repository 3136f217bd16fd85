"""A Document as a Word file that an author can go on writing in: real styles, tables, captions and cross references."""
