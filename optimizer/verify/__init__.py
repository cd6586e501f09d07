"""Whether a change behaves the same."""
