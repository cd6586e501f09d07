"""Rewrites: one file is one transform, with its documentation, guards, examples and traps."""
