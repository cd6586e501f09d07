"""Whether a change reads no worse."""
