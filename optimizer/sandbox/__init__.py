"""Launching processes that run the project's code."""
