"""The chapters of the report, one a file; each turns contents into blocks."""
