"""`mailer officials schema`, `mailer campaign schema`: what editors need to complete and check."""

from __future__ import annotations

import click

from mailer.campaigns import describe
from mailer.cli import base
from mailer.officials.schema import json_schema


@click.command("schema")
def of_officials() -> None:
    """Print the JSON schema (draft 7) of officials.yaml, for editors.

    \b
    Example:
      mailer officials schema > officials.schema.json
    """
    base.print_json(json_schema())


@click.command("schema")
def of_campaigns() -> None:
    """Print the JSON schema (draft 7) of a campaign's front matter, for editors.

    \b
    Example:
      mailer campaign schema > campaign.schema.json
    """
    base.print_json(describe.json_schema())
