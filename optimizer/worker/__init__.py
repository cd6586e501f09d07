"""Runs INSIDE the project's own interpreter: standard library only, Python 3.9 syntax, relative imports only.

Started by path (see `__main__`), where it goes by the package name `tenpercent_worker`, so that it
can never be mistaken for a package of the project. Every task is a module with `run(payload, send)`.
"""
