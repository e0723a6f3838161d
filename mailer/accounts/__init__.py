"""Staff accounts: invitations, passwords and sessions. Secrets are kept as hashes only."""

from mailer.accounts.passwords import LONGEST as LONGEST_PASSWORD
from mailer.accounts.passwords import SHORTEST as SHORTEST_PASSWORD
from mailer.accounts.passwords import weak_password
from mailer.accounts.people import (
    ENTER,
    INVITATION,
    LOCAL_ADMIN,
    RESET,
    ROLES,
    Account,
    disable,
    invite,
    list_accounts,
    local_admin,
    peek,
    redeem,
    request_reset,
)
from mailer.accounts.sessions import (
    change_password,
    end_session,
    session,
    sign_in,
    start_session,
)

__all__ = [
    "ENTER", "INVITATION", "LOCAL_ADMIN", "LONGEST_PASSWORD", "RESET", "ROLES",
    "SHORTEST_PASSWORD", "Account", "change_password", "disable", "end_session", "invite",
    "list_accounts", "local_admin", "peek", "redeem", "request_reset", "session", "sign_in",
    "start_session", "weak_password",
]  # fmt: skip
