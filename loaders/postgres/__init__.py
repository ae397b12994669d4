"""PostgreSQL's side: connection, embedded server, raw schemas and ledger. It knows nothing of SQLite's."""
