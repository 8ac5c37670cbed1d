"""`python -m admin_web` is `pamoja`."""

from admin_web.cli import main

main()
