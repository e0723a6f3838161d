"""The pages around the campaigns: the list, privacy, images, and what robots ask for."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request, send_from_directory, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from mailer import proof
from mailer.i18n import LANGUAGES
from mailer.privacy import PUBLIC, period
from mailer.web import assets, i18n, moments, shown
from mailer.web.services import services

blueprint = Blueprint("site", __name__)

# An SVG that is opened by itself, and not shown by a page, is a document and could run scripts.
_PICTURE = (
    "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SECURITY_TXT = 90 * 86400.0
"""Seconds for which what it says may be relied on (RFC 9116, 2.5.5: less than a year)."""

LONGEST_VIA = 100  # characters of an organisation's id in an address

_ROBOTS = """User-agent: *
Disallow: /receipt/
Disallow: /confirm/
Disallow: /unsubscribe/
Disallow: /erase/
Disallow: /data/
Disallow: /find
Disallow: /staff/
Disallow: /outbox/
"""


@blueprint.get("/")
def home() -> str | AnyResponse:
    """The open campaigns; straight to the campaign when there is one."""
    campaigns, via = shown.open_campaigns(), request.args.get("via", "")[:LONGEST_VIA]
    if len(campaigns) == 1:
        return redirect(url_for("public.page", slug=campaigns[0].slug, via=via or None), 302)
    return render_template("pages/home.html", campaigns=campaigns, languages=LANGUAGES, via=via)


@blueprint.get("/privacy")
def privacy() -> str:
    """What is kept of supporters, by whom, and how to reach them; from the live settings."""
    language, settings = i18n.speak(LANGUAGES), services().settings
    return render_template(
        "pages/privacy.html",
        settings=settings,
        keeps=[(one, period(one.ends, settings, language)) for one in PUBLIC],
        delivers=services().delivers,
        languages=LANGUAGES,
    )


@blueprint.get("/media/<path:file>")
def media(file: str) -> Response:
    """An image of the organizer's, from templates/media/."""
    folder = services().settings.home / "templates" / "media"
    response = send_from_directory(folder, file, max_age=3600)
    response.headers["Content-Security-Policy"] = _PICTURE
    return response


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Campaigns may be found; personal pages may not."""
    return Response(_ROBOTS, mimetype="text/plain")


@blueprint.get("/.well-known/security.txt")
def disclosure() -> Response:
    """Whom to tell of a weakness (RFC 9116); 404 where the settings name nobody."""
    serving = services()
    if not serving.settings.contact:
        abort(404)
    expires = moments.iso(serving.store.now() + SECURITY_TXT)
    lines = (
        f"Contact: mailto:{serving.settings.contact}", f"Expires: {expires}",
        f"Preferred-Languages: {', '.join(LANGUAGES)}",
        f"Canonical: {serving.settings.public_url}/.well-known/security.txt",
    )  # fmt: skip
    return Response("".join(f"{line}\n" for line in lines), mimetype="text/plain")


@blueprint.get("/.well-known/proof-keys.json")
def proof_keys() -> dict[str, list[dict[str, str | bool]]]:
    """The public keys with which anybody may check a record that letters were wanted."""
    if not proof.available():
        abort(404)
    serving = services()
    with serving.store.read() as tx:
        found = proof.published(tx, serving.settings.secret_keys)
    return {
        "keys": [
            {"algorithm": proof.ALGORITHM, "public_key": one.value, "signs": one.signs}
            for one in found
        ]
    }


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The site's mark, for browsers that ask without having been told."""
    return send_from_directory(assets.FOLDER, "favicon.svg", max_age=86400)
