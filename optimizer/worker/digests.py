"""SHA-256 without OpenSSL, which takes longer to load than a typical task takes to run."""

try:
    from _sha2 import sha256
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:
        from hashlib import sha256

__all__ = ["sha256"]
