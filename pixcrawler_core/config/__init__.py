"""The job file: its tables, how it is read and checked, and the schema that is published of it."""
