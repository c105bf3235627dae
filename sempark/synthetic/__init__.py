"""Micrographs drawn from a seed, with their truth."""
