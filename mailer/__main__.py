"""`python -m mailer` is the console script."""

from mailer.cli import main

if __name__ == "__main__":
    main()
