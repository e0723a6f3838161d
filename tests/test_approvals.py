"""Approvals: with a transport that really sends, what was approved is all that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer import approvals
from mailer.approvals import approve, edition, latest, pending
from mailer.campaigns.library import Content, read_content, read_files
from mailer.db import Store
from mailer.errors import MailerError

SLUG = "proctoring"


def content(home: Path) -> Content:
    files, problems = read_files(home)
    return read_content(files, problems)


def change(home: Path, name: str, old: str, new: str) -> Content:
    file = home / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return content(home)


def emails(found: approvals.Edition | None) -> set[str]:
    assert found is not None
    return {post.email for post in found.officials.posts.values()}


def test_the_local_maildir_needs_no_approval(store: Store, home: Path) -> None:
    found = edition(store, content(home), SLUG, approval_needed=False)
    assert found is not None
    assert found.approval is None


def test_with_real_sending_nothing_unapproved_exists(store: Store, home: Path) -> None:
    assert edition(store, content(home), SLUG, approval_needed=True) is None
    made = approve(store, content(home), SLUG, actor="test")
    found = edition(store, content(home), SLUG, approval_needed=True)
    assert found is not None
    assert found.approval == made
    assert found.campaign == content(home).campaigns[SLUG]


def test_later_edits_wait_until_they_are_approved_too(store: Store, home: Path) -> None:
    before = content(home)
    approve(store, before, SLUG, actor="test")
    assert pending(store, before, SLUG) == ()
    post = next(iter(before.officials.posts.values()))
    after = change(home, "officials.yaml", post.email, "elsewhere@ministry.example")
    assert "elsewhere@ministry.example" not in emails(
        edition(store, after, SLUG, approval_needed=True)
    )
    waiting = pending(store, after, SLUG)
    assert any(line.startswith("-") and post.email in line for line in waiting)
    assert any(line.startswith("+") and "elsewhere@" in line for line in waiting)
    approve(store, after, SLUG, actor="test")
    assert "elsewhere@ministry.example" in emails(edition(store, after, SLUG, approval_needed=True))
    assert pending(store, after, SLUG) == ()


def test_approving_the_same_again_changes_nothing(store: Store, home: Path) -> None:
    first = approve(store, content(home), SLUG, actor="test")
    assert approve(store, content(home), SLUG, actor="another") == first
    found = latest(store, SLUG)
    assert found is not None
    assert found.actor == "test"


def test_files_that_break_later_do_not_stop_what_was_approved(store: Store, home: Path) -> None:
    approve(store, content(home), SLUG, actor="test")
    (home / "officials.yaml").write_text("posts: [")
    found = edition(store, content(home), SLUG, approval_needed=True)
    assert found is not None
    assert len(emails(found)) >= 2


@pytest.mark.parametrize("status", ["closed", "draft", "trial"])
def test_a_campaign_taken_back_is_so_at_once(store: Store, home: Path, status: str) -> None:
    approve(store, content(home), SLUG, actor="test")
    name = f"templates/letters/{SLUG}.md"
    after = change(home, name, 'status = "live"', f'status = "{status}"')
    found = edition(store, after, SLUG, approval_needed=True)
    assert found is not None
    assert found.campaign.status == status


def test_a_campaign_whose_files_are_gone_is_gone(store: Store, home: Path) -> None:
    approve(store, content(home), SLUG, actor="test")
    for file in (home / "templates" / "letters").glob(f"{SLUG}*"):
        file.unlink()
    assert edition(store, content(home), SLUG, approval_needed=True) is None


def test_only_a_working_live_campaign_can_be_approved(store: Store, home: Path) -> None:
    with pytest.raises(MailerError, match="no working campaign"):
        approve(store, content(home), "other", actor="test")
    name = f"templates/letters/{SLUG}.md"
    after = change(home, name, 'status = "live"', 'status = "trial"')
    with pytest.raises(MailerError, match="is trial"):
        approve(store, after, SLUG, actor="test")
