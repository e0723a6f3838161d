"""The pages, dying at the first letter: python -m tests.storms.dying_web PORT before|after

Settings come from the environment. It ends without a word just before the COMMIT that takes a
submission in, or just after it, before anybody is told.
"""

from __future__ import annotations

import sys

from werkzeug.serving import make_server

from mailer.config import Settings
from mailer.web import create_app
from tests.storms.stores import Fuse, Watched, nothing


def main() -> None:
    """Serve until the first submission."""
    settings = Settings.from_env()
    fuse = Fuse(1)
    before, after = (fuse, nothing) if sys.argv[2] == "before" else (nothing, fuse)
    store = Watched(settings.database_url, before=before, after=after)
    make_server("127.0.0.1", int(sys.argv[1]), create_app(settings, store)).serve_forever()


if __name__ == "__main__":
    main()
