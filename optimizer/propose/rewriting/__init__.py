"""Put an edit's new code into a file, and leave every other byte as it was."""
