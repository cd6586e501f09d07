"""Find, prove and measure small rewrites that make a Python project faster."""

__version__ = "0.1.0"
