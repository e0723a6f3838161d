"""Staff accounts: invitations, passwords, second factors and sessions.

Secrets are kept as hashes only, but for that of an authenticator app.
"""

from mailer.accounts.managing import (
    disable,
    end_sessions,
    find,
    remove_factor,
    set_role,
    start_reset,
)
from mailer.accounts.parting import Parted, part, sweep
from mailer.accounts.passwords import LONGEST as LONGEST_PASSWORD
from mailer.accounts.passwords import SHORTEST as SHORTEST_PASSWORD
from mailer.accounts.passwords import weak_password
from mailer.accounts.people import (
    LOCAL_ADMIN,
    PARTNER,
    ROLES,
    Account,
    invite,
    list_accounts,
    local_admin,
    mail_invitation,
    normalised,
    peek,
    redeem,
    request_reset,
)
from mailer.accounts.sessions import (
    Session,
    change_password,
    end_own_session,
    end_session,
    is_password,
    list_sessions,
    session,
    session_id,
    sign_in,
    start_session,
)
from mailer.accounts.tokens import ENTER, INVITATION, RESET

__all__ = [
    "ENTER", "INVITATION", "LOCAL_ADMIN", "LONGEST_PASSWORD", "PARTNER", "RESET", "ROLES",
    "SHORTEST_PASSWORD", "Account", "Parted", "Session", "change_password", "disable",
    "end_own_session", "end_session", "end_sessions", "find", "invite", "is_password",
    "list_accounts", "list_sessions", "local_admin", "mail_invitation", "normalised", "part",
    "peek", "redeem", "remove_factor", "request_reset", "session", "session_id", "set_role",
    "sign_in", "start_reset", "start_session", "sweep", "weak_password",
]  # fmt: skip
