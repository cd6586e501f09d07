"""Real side effects behind the ports: git, SQLite."""
