"""What people rightly write: not one of these may be called a mistake."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from tests import mutations_good_more as more
from tests.mutations import (
    FRENCH_FILE,
    GOOD,
    MAIN_FILE,
    OFFICIALS_FILE,
    YAML_FILE,
    Mutation,
    swap,
)

_OFFICIALS = (
    ("posts:\n", "# the offices\n\nposts:\n\n"),
    ("name: Sam Sample", "name: Sam Sample   # since 2019"),
    ("name: Sam Sample", "name: 'Sam Sample'"),
    ("name: Sam Sample", 'name: "Sam Sample"'),
    ("name: Sam Sample", "name: Séverine O’Neill-D'Arcy"),
    ("name: Sam Sample", "name: Jean-Paul St. Germain, MPP"),
    ("name: Sam Sample", "name: Sam Sample, Jr."),
    ("name: Sam Sample", "name: Sam Sample, PhD"),
    ("name: Sam Sample", "name: 王小明"),
    ("name: Sam Sample", "name: Олена Приклад"),
    ("name: Sam Sample", "name: Ελένη Παράδειγμα"),
    ("name: Sam Sample", "name: سام مثال"),
    ("name: Sam Sample", "name: Nguyễn Văn Ví Dụ"),
    ("name: Sam Sample", "name: Łukasz Przykład"),
    ("name: Sam Sample", "name: van der Berg Sam"),
    ("name: Sam Sample", "name: >-\n      Sam\n      Sample"),
    ("name: Sam Sample", 'name: "Sam \\u00e9 Sample"'),
    ("name: Sam Sample", "name:    Sam Sample"),
    ("name: Sam Sample", "name: Sam “Sammy” Sample"),
    ("title: Minister of Finance", "title: Minister of Finance & the Treasury (acting)"),
    ("title: Minister of Finance", 'title: "Minister: Finance"'),
    ("title: Minister of Finance", "title: {en: Minister of Finance, fr: ministre, es: ministra}"),
    ("title: Minister of Finance", "title:\n      en: Minister of Finance\n      fr-CA: ministre"),
    ("title: Minister of Finance", "title: Minister of Finance; Deputy Premier"),
    ("address: 1 Example Street, Example Bay", "address: |\n      1 Example Street\n      Bay"),
    ("address: 1 Example Street, Example Bay", 'address: "1 Example Street, #400"'),
    ("address: 1 Example Street, Example Bay", "address: C.P. 12, succ. A, 3e étage"),
    ("culture@ministry.example", "Culture.Office+letters@Ministry.example"),
    ("culture@ministry.example", "o'neill@ministry.example"),
    ("culture@ministry.example", "culture@sub.office.ministry.example"),
    ("culture@ministry.example", "12@ministry.example"),
    ("culture@ministry.example", '"culture@ministry.example"'),
    ("culture@ministry.example", "culture@gov.on.ca"),
    ('"+1 416 555 0100"', "'+1 (416) 555-0100 ext. 7'"),
    ('"+1 416 555 0100"', "416-555-0100"),
    ("portfolios: [culture, libraries]", "portfolios: ['culture', \"libraries\"]"),
    ("portfolios: [culture, libraries]", "portfolios: [culture, libraries,]"),
    ("portfolios: [culture, libraries]", "portfolios:\n    - culture\n    - libraries"),
    ("language: en", "language: fr"),
    ("language: en", "language: en-CA"),
    ("timezone: America/Toronto", "timezone: America/Argentina/Buenos_Aires"),
    ("timezone: America/Toronto", "timezone: UTC"),
    ("hours: mon-fri 09:00-17:00", "hours: 08:30-16:30"),
    ("hours: mon-fri 09:00-17:00", 'hours: "mon,wed 09:00-12:00"'),
    ("pace: 900/hour", "pace: 5000/day"),
    ("pace: 900/hour", "pace: 15/minute"),
    ("from: 2019-06-20", 'from: "2019-06-20"'),
    ("from: 2019-06-20", "from: 1998-01-01"),
    ("        until: 2030-06-18\n", ""),
    (
        "      - post: minister-culture\n        from: 2019-06-20\n",
        "      - from: 2019-06-20\n        post: minister-culture\n",
    ),
    ("region: Ontario", "region: Île-du-Prince-Édouard"),
    ("district: Example North", "district: Example—North"),
    ("district: Example North", "district: {en: North, fr: Nord}"),
    ("tags: [cabinet]", "tags: []"),
    ("tags: [cabinet]", "tags: [cabinet, première, “x]"),
    ("do_not_mail: false", "do_not_mail: true"),
    ("do_not_mail: false", "do_not_mail: no"),
    ("groups:\n", "groups:\n  everybody: [minister-culture, kim-example, clerk]\n"),
    ("  ministry.example: {pace: 3000/hour}", "  Ministry.example:\n    pace: 50/minute"),
    ("domains:\n  ministry.example: {pace: 3000/hour}\n", ""),
)

_MAIN = (
    ('title = "Keep the libraries open"', "title = 'Keep the libraries open'"),
    ('title = "Keep the libraries open"', 'title = """Keep the libraries open"""'),
    ('title = "Keep the libraries open"', 'title="Keep the libraries open"   # a comment'),
    ('title = "Keep the libraries open"', '"title" = "Keep the libraries open"'),
    ('title = "Keep the libraries open"', 'title = "Keep \\"our\\" libraries: open & free!"'),
    ('title = "Keep the libraries open"', 'title = "“Open” means open"'),
    ("date = 2026-07-02", 'date = "2026-07-02"'),
    ("date = 2026-07-02", "date = 2026-07-02T09:30:00-04:00"),
    ("date = 2026-07-02", "date = 2026-07-02 09:30:00Z"),
    ('categories = ["News"]', 'categories = [\n  "News",  # the first\n  "Letters",\n]'),
    ('categories = ["News"]', 'categories = ["News"]\ntags = ["x"]\ndraft = false\nweight = 3'),
    ('categories = ["News"]', 'categories = ["News"]\nslug = "x"\nauthors = ["A"]\nimages = ["a"]'),
    ('categories = ["News"]', "categories = []"),
    ('status = "live"', 'status = "trial"'),
    ('status = "live"', 'status = "draft"'),
    ('to = ["ministers", "clerk"]', 'to = [ "minister-culture", "kim-example" ]'),
    ('to = ["ministers", "clerk"]', 'to = { tags = ["cabinet"] }'),
    ('to = ["ministers", "clerk"]', 'to = { portfolios = ["culture", "finance"] }'),
    ('to = ["ministers", "clerk"]', 'to = { region = "ontario", tags = ["cabinet"] }'),
    ('to = ["ministers", "clerk"]', 'to = { district = "example north" }'),
    ('to = ["ministers", "clerk"]', 'to.tags = ["cabinet"]'),
    ('choose = "all"', 'choose = "any"'),
    ('choose = "all"', 'choose = "one"'),
    ("goal = 5000", "goal = 5_000"),
    ("goal = 5000\n", ""),
    ("ceiling = 20000\n", ""),
    ("confirm = true", "confirm = false"),
    ('disposable = "refuse"', 'disposable = "hold"'),
    ('require = ["postal_code"]', 'require = ["postal_code", "role", "address"]'),
    ('editable = "personal"', 'editable = "none"'),
    ('salutation = "Dear {{ official.salutation }},"', 'salutation = "Dear {{ official.name }}:"'),
    (
        'salutation = "Dear {{ official.salutation }},"',
        'salutation = \'{{ official.title | default("Dear " if official.tags else "Hello") }},\'',
    ),
    ('hours = "08:00-18:00"', 'hours = "mon-fri 08:00-18:00"'),
    ('colour = "#7a1f3d"', 'colour = "#7A1F3D"'),
    ('embed = ["https://member.example"]', 'embed = ["https://member.example:8443"]'),
    ('prompt = "What do you read?"', 'prompt = "What do you read? (Books, papers ...)"'),
    ("What the page tells, in **Markdown**.", "# Why\n\nSee [the plan](https://a.example) & more."),
    (
        "What the page tells, in **Markdown**.",
        "What {they} say: <https://a.example>, 100 % true!!!",
    ),
    ("I write to you about libraries.", "I write about the CBC, the NDP and UNESCO's IFLA report."),
    ("I write to you about libraries.", "See https://union.example/page?a=b&c=d for more."),
    (
        "I write to you about libraries.",
        "A 10 % cut [1] means fewer books (see below); is it fair?",
    ),
    ("I write to you about libraries.", "{# a note to ourselves #}\nI write to you."),
    (
        "I write to you about libraries.",
        '{% set place = official.district | default("here") %}\nI write about {{ place }}.',
    ),
    (
        "I write to you about libraries.",
        "{{ official.title | lower }}, {{ supporter.name }}: hello",
    ),
    (
        "I write to you about libraries.",
        "{%- if supporter.postal_code -%} From {{ supporter.postal_code }}. {%- endif %} I write.",
    ),
    ("I write to you about libraries.", "* one\n* two\n\n- three\n1. four"),
    ("I write to you about libraries.", "J’écris au sujet des bibliothèques, cœur de la ville…"),
    ("I write to you about libraries.", "书 и книга и βιβλίο"),
    ('supporter.role == "reader"', "supporter.role == 'reader'"),
    ('supporter.role == "reader"', 'supporter.role in ["reader", "worker"]'),
    ('"culture" in official.portfolios', '"culture" in official.portfolios and official.district'),
    ('"culture" in official.portfolios', "not official.portfolios"),
    ("{% endif %}\n{{ supporter", "{% else %}\nOthers decide.\n{% endif %}\n{{ supporter"),
)

_FRENCH = (
    ("title = ", 'description = "Écrivez-leur: deux minutes."\ntitle = '),
    ("Je vous écris", "Madame, Monsieur,\n\nJe vous écris"),
    ("+++\ntitle", '+++\ndate = 2026-07-02\nstatus = "live"\ntitle'),
    ('subjects = ["Les bibliothèques", "Une demande"]\n', ""),
)

_YAML = (
    ("title: Fund the archive", "title: 'Fund the archive: now'"),
    ("title: Fund the archive", "title: >\n  Fund\n  the archive"),
    ("categories:\n  - Letters", "categories: [Letters]\ntype: post\nlayout: single"),
    ("categories:\n  - Letters", "categories:\n- Letters"),
    ("status: draft", 'status: "draft"  # for now'),
    ("to:\n  - kim-example", "to: {tags: [treasury]}"),
    ("to:\n  - kim-example", "to: [kim-example]"),
    ("---\ntitle", "\n---\n_forestry: x\n---\n---\ntitle"),
    ("date: 2026-05-01T10:00:00-04:00", "date: 2026-05-01"),
)


def _sorted_keys(text: str) -> str:
    return yaml.safe_dump(yaml.safe_load(text), allow_unicode=True, sort_keys=True)


def _flow(text: str) -> str:
    loaded = yaml.safe_load(text)
    return yaml.safe_dump(loaded, allow_unicode=True, default_flow_style=True, width=90)


_WHOLE: tuple[tuple[str, Callable[[str], str], tuple[str, ...]], ...] = (
    ("CRLF", lambda text: text.replace("\n", "\r\n"), tuple(GOOD)),
    ("a byte order mark", lambda text: "\ufeff" + text, tuple(GOOD)),
    ("no newline at the end", str.rstrip, tuple(GOOD)),
    ("many at the end", lambda text: text + "\n\n\n", tuple(GOOD)),
    ("spaces at line ends", lambda text: text.replace("\n", "  \n"), tuple(GOOD)),
    ("other key order", _sorted_keys, (OFFICIALS_FILE,)),
    ("flow style", _flow, (OFFICIALS_FILE,)),
)


def variants() -> list[Mutation]:
    """Every good variant."""
    tables = (
        (OFFICIALS_FILE, (*_OFFICIALS, *more.OFFICIALS)),
        (MAIN_FILE, (*_MAIN, *more.MAIN)),
        (FRENCH_FILE, (*_FRENCH, *more.FRENCH)),
        (YAML_FILE, (*_YAML, *more.YAML)),
    )
    changed = [swap(file, old, new) for file, table in tables for old, new in table]
    whole = [
        Mutation(name=f"{file}: {name}", file=file, text=change(GOOD[file]))
        for name, change, files in _WHOLE
        for file in files
    ]
    return [*changed, *whole]
