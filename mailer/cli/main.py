"""The group that holds all commands."""

from __future__ import annotations

import os

import click

from mailer import __version__
from mailer.cli import (
    acting,
    audit,
    backup,
    bouncing,
    campaigns,
    data,
    db,
    doctor,
    exporting,
    forget,
    golive,
    lanes,
    lifecycle,
    log,
    new,
    officials,
    organizers,
    previewing,
    proof,
    purge,
    readdress,
    run,
    sending,
    simulate,
    staff,
    waves,
)
from mailer.cli.base import PlainGroup


@click.group(cls=PlainGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mailer")
def main() -> None:
    """Carries supporters' letters to the officials concerned.

    The settings are environment variables (MAILER_...); README.md lists them.

    \b
    Examples:
      mailer up                       the page on http://127.0.0.1:8000
      mailer check                    what is wrong in the files, if anything
      mailer preview proctoring       the exact letters
    """
    os.umask(0o077)  # what is made holds names, addresses and keys: for its owner alone


for _command in (
    *(run.up, run.web, run.worker),
    *(organizers.check, previewing.preview, sending.send_test, campaigns.campaign),
    simulate.simulate_command,
    new.new,
    *(officials.officials, staff.staff, log.log, lanes.lane, db.db, doctor.doctor),
    *(backup.backup, backup.restore, forget.forget, purge.purge, audit.audit_group),
    *(waves.invalidate, proof.proof_group, data.data, data.privacy),
    *(bouncing.bounce, bouncing.bounces),
):
    main.add_command(_command)

for _command in (
    *(golive.go_live, golive.diff, lifecycle.draft_link),
    *(lifecycle.pause_campaign, lifecycle.resume_campaign),
    *(lifecycle.close_campaign, lifecycle.reopen_campaign, readdress.readdress),
):
    campaigns.campaign.add_command(_command)
new.new.add_command(backup.new_key)
for _command in (
    *(exporting.export, exporting.pack_letters),
    *(acting.act_on_letters, acting.list_acts, acting.stop_act, acting.undo_act),
):
    log.log.add_command(_command)
