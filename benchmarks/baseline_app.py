"""The yardstick: a bare Flask and Flask-WTF form that stores three rows in one durable commit.

The same fields as the campaign's form, the same SQLite, the same gunicorn settings; no merging,
no preview, no states, no log, no second language.
"""

from __future__ import annotations

import secrets
import sys
import threading
from pathlib import Path
from typing import Any

from flask import Flask, redirect, render_template_string
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Email, InputRequired, Length, Optional

from mailer.cli.server import Server
from mailer.config import Settings
from mailer.db import sqlite

LETTER = "Dear Minister,\n\n" + "A letter of the usual length has about this many words. " * 40
PAGE = """<form method="post">{{ form.csrf_token }}
{% for field in form if field.type != "CSRFTokenField" %}{{ field.label }} {{ field }}{% endfor %}
<button>Send</button></form>"""


class Letter(FlaskForm):
    name = StringField(validators=[InputRequired(), Length(max=100)])
    email = StringField(validators=[InputRequired(), Email(), Length(max=254)])
    postal_code = StringField(validators=[InputRequired(), Length(max=20)])
    address = StringField(validators=[Optional(), Length(max=200)])
    district = StringField(validators=[Optional(), Length(max=100)])
    role = SelectField(choices=["", "student", "faculty", "staff"], validators=[Optional()])
    affiliation = StringField(validators=[Optional(), Length(max=120)])
    personal = TextAreaField(validators=[Optional(), Length(max=3000)])


def create_app(file: Path) -> Flask:
    app = Flask("baseline")
    app.config["SECRET_KEY"] = "k" * 40
    connections = threading.local()

    def connection() -> Any:
        if not hasattr(connections, "open"):
            connections.open = connect(file)
        return connections.open

    @app.route("/", methods=["GET", "POST"])
    def page() -> Any:
        form = Letter()
        if not form.validate_on_submit():
            return render_template_string(PAGE, form=form), 422 if form.is_submitted() else 200
        store(connection(), form)
        return redirect("/thanks", 303)

    return app


def connect(file: Path) -> Any:
    opened = sqlite.module.connect(str(file), timeout=30, isolation_level=None)
    opened.execute(f"PRAGMA journal_mode = {'WAL' if sqlite.wal_is_safe() else 'TRUNCATE'}")
    opened.execute("PRAGMA synchronous = FULL")
    opened.executescript(
        """CREATE TABLE IF NOT EXISTS submission (id TEXT PRIMARY KEY, name TEXT, email TEXT,
             postal_code TEXT, address TEXT, district TEXT, role TEXT, affiliation TEXT,
             personal TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP);
           CREATE TABLE IF NOT EXISTS letter (id TEXT PRIMARY KEY, submission TEXT, official TEXT,
             body TEXT, state TEXT);"""
    )
    return opened


def store(connection: Any, form: Letter) -> None:
    key = secrets.token_hex(16)
    values = [field.data for field in form if field.name != "csrf_token"]
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT INTO submission (id, name, email, postal_code, address, district, role,"
        " affiliation, personal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [key, *values],
    )
    for official in ("one", "two"):
        connection.execute(
            "INSERT INTO letter VALUES (?, ?, ?, ?, 'queued')",
            [secrets.token_hex(16), key, official, LETTER],
        )
    connection.execute("COMMIT")


class Baseline(Server):
    """The site's own gunicorn settings, with this application."""

    def load(self) -> Flask:
        return create_app(Path(sys.argv[1]))


if __name__ == "__main__":
    connect(Path(sys.argv[1])).close()  # before the threads: a new file cannot be set up by many
    Baseline(Settings(home=Path.cwd(), port=int(sys.argv[2])), "127.0.0.1").run()
