"""From a gray image to its printed scale: data bar, scale bar, text, value."""
