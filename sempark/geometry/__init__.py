"""Exact neighbors, intrinsic dimension, distance correlation; arrays in, arrays out."""
