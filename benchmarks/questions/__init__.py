"""How fast the warehouse answers questions, compared with SQLite on the files that it was loaded from."""
