"""Crash with a large memory image."""
import os
held = b"CANARY" * (10 << 20)
os.abort()
