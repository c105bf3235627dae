"""From a jumble of scanning-electron-microscope images to a searchable tree of sub-categories."""
