"""What the project really does: its tests, a profile, recorded calls."""
