"""The tree of sub-categories: how it grows, keeps its names, and takes in new pictures."""
