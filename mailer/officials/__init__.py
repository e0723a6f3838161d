"""Officials: who can be written to. officials.yaml becomes frozen values, or a list of problems."""
