"""Curves, heat maps, contact sheets and the report's pages."""
