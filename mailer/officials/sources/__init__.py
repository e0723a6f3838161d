"""Lists of officials as others publish them, read into rows of our own keys."""
