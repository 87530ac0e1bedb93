"""The database: its engine, its schema, and the migrations that lead there."""
