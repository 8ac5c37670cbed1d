"""The operators' side: the command line, later the desk."""
