"""Merge lists, linkages, Density Peaks, flat partitions and their scores; arrays in, arrays out."""
