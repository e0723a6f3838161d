"""Further slips, of other kinds than the first hundreds: left-overs, near misses, half a mark."""

from __future__ import annotations

from tests.mutations_officials import Change

_KIM = "    name: Kim Example"
_FINANCE = "email: finance@ministry.example"
_POSTS = "posts:\n"
_CLERK = "  - id: kim-example\n"
_L = "I write to you about libraries."
_PERSONAL = "{{ supporter.personal }}\n"

OFFICIALS: tuple[Change, ...] = (
    (_KIM, "    name: KIM EXAMPLE"),
    (_KIM, "    name: kim example"),
    (_KIM, "    name: Kim Exam\\nple"),
    (_KIM, '    name: Kim Example"'),
    (_KIM, "    name: Kim Example\n      Second line"),
    (_KIM, "    name: ???"),
    (_KIM, "    name: '-'"),
    (_KIM, "    name: N/A"),
    (_KIM, "    name: Vacant"),
    (_KIM, "    name: Minister of Finance"),
    (_KIM, "    name: The Hon. Kim Example"),
    (_KIM, "    name: Kim Ex\u0301\u0302\u0303\u0304ample"),
    (_KIM, "    name: Kim \U0001f642 Example"),
    (_KIM, "    name: \uff2bim Example"),
    (_KIM, '    name: "Kim \\u202e Example"'),
    (_FINANCE, "email: finance@ministry.exmaple"),
    (_FINANCE, "email: finance@minstry.example"),
    (_FINANCE, "email: finance@ontario.c"),
    (_FINANCE, "email: no-reply@ministry.example"),
    (_FINANCE, "email: finance@ministry\u3002example"),
    (_CLERK, "  -  - id: kim-example\n"),
    (_CLERK, "  - id = kim-example\n"),
    (_CLERK, '  - "id: kim-example"\n'),
    (_POSTS, "<<<<<<< HEAD\nposts:\n"),
    (_POSTS, "posts:\n>>>>>>> other\n"),
    (_POSTS, "// posts\nposts:\n"),
    (_POSTS, "/* posts */\nposts:\n"),
    (_POSTS, "```yaml\nposts:\n"),
)

CAMPAIGN: tuple[Change, ...] = (
    ('title = "Keep the libraries open"', "title = 'Keep the libraries open\""),
    ('title = "Keep the libraries open"', 'title = """Keep'),
    ('title = "Keep the libraries open"', 'title = "KEEP THE LIBRARIES OPEN"'),
    ('title = "Keep the libraries open"', 'title = "Keep \\u202e libraries"'),
    ('to = ["ministers", "clerk"]', 'to = ["clerk", "clerk"]'),
    ('to = ["ministers", "clerk"]', 'to = { tags = ["Cabinet"] }'),
    ('to = ["ministers", "clerk"]', 'to = { tags = ["cabinet"]\n'),
    ('fallback = "clerk"', 'except = ["clrek"]'),
    ('fallback = "clerk"', 'except = { district = "supporter" }'),
    ('fallback = "clerk"', 'exclude = ["clerk"]'),
    ('subjects = ["A request', 'subjects = ["{{ supporter.personal }}", "A request'),
    (_L, "{% if supporter.role == 'reader' or 'worker' %}x{% endif %}"),
    (_L, "{% if supporter.role == \"reader' %}x{% endif %}"),
    (_L, "{% if official.language == 'english' %}x{% endif %}"),
    (_L, "{% if supporter.language == 'francais' %}x{% endif %}"),
    (_L, "{% if official.id == 'sam' %}x{% endif %}"),
    (_L, "{% if official.region == 'ON' %}x{% endif %}"),
    (_L, "{% if official.portfolios == ['culture'] %}x{% endif %}"),
    (_L, "{% if official.name %}}x{% endif %}"),
    (_L, "{{official.name}}}"),
    (_L, "@official.name"),
    (_L, "<official.name>"),
    (_L, "<name>"),
    (_L, "{name}"),
    (_L, "{0}"),
    (_L, "$name"),
    (_L, "%s"),
    (_L, "(YOUR NAME)"),
    (_L, "(à compléter)"),
    (_L, "___________"),
    (_L, "FIXME"),
    (_L, "see HTTP://EXAMPLE.ORG/x"),
    (_L, "www.union.example"),
    (_L, "https:/union.example"),
    (_L, "htttp://union.example"),
    (_L, "ftp://union.example/x"),
    (_L, "__bold__ text"),
    (_L, "`code`"),
    (_L, "Why??? Because!!"),
    (_PERSONAL, "<<<<<<< HEAD\n" + _PERSONAL),
    ("\n***\n", "\n***  x\n"),
    ("\n***\n", "\n\\*\\*\\*\n"),
    ("\n***\n", "\n⁂\n"),
    ("\n***\n", "\nLetter:\n"),
)
