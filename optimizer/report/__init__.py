"""Sentences, tables and files made of decisions."""
