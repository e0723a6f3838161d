"""Records: files people write by hand, read with the place of every value and every problem."""
