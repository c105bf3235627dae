"""Bytes to pixels or a reason, pixels to JPEG, vendor metadata, hashes."""
