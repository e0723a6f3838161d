"""The private pages of supporters: the receipt, and all that a mailed link opens."""
