"""SQLite's side: open a file, say what it holds, and render its rows. It knows nothing of PostgreSQL's side."""
