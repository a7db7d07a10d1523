"""Garbage in paths, queries, forms and methods: what is sent, by whom, and what is wrong with an answer.

The addresses come from the map of the site (see sitemap.py), the fields of a form from its page. The seed is fixed, and a
failure names the request.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from itertools import cycle
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.support.factories import undone
from tests.support.world import NEIGHBOUR, QUESTION, World
from tests.system.security import sitemap
from tests.system.security.sitemap import Place

PATHS = [
    "%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%E2%80%AE", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%2F", "%5c",
    "%0d%0aX-Y:%20z", "%0a", "%09", "%20", "+", "-", "_", ".", "~", "*", "'", '"', "<script>", "{{7*7}}", "%s%n",
    "a" * 1500, "9" * 300, "9" * 5000, "-1", "0", "1.0", "1e9", "0x1", "null", "None", "nan", "٣٣", "é", "ⅷ", "𝟙",
    "%F0%9F%92%A9", "2147483648", "9223372036854775808", "abcdefghjkmn", "ABCDEFGHJKMN", "HKG-0000-0000-0", ";", "?", "%23",
    "00000000-0000-0000-0000-000000000000", "governance", "use-register", "%u0041", "%", "%zz", "con", "admin",
]  # fmt: skip
VALUES = [
    "", " ", "0", "-1", "1", "7", "٣", "1e9", "1.5", "nan", "inf", "0x10", "on", "true", "null", "None", "all", "none", "left",
    "9" * 18, "9" * 20, "9" * 300, "9" * 5000, str(2**31), str(2**63), "-" + "9" * 20, "1_000", "1" + "0" * 40,
    "0001-01-01", "9999-12-31", "2026-02-30", "2026-11-25", "10000-01-01", "2026-W01-1", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "2026-11-25T08:00:00+00:00~1", "~", "~~", "1~1", "a~" + "9" * 30, "\ufeff", "\u202e", "\ud7ff",
    "\r\n", "a\r\nBcc: x@y.example", "\t", "\x1b[31m", "\x00", "a\x00b", "'", '"', "\\", "%", "_", "%%", "'; --", "' OR 1=1",
    "<script>x</script>", "{{7*7}}", "{% x %}", "${7}", "../../etc/passwd", "file:///etc/passwd", "javascript:x", "//x.example",
    "http://127.0.0.1:1/", "a" * 300, "a " * 800, "é" * 200, "港" * 500, "x" * 20_000, "💩", "e\u0301" * 50, "q:", "f:", "q:x:y",
    f"q:{QUESTION}", QUESTION, "use:abcdefghjkmn", "evidence:", ":", "/", "//", "abcdefghjkmn", "abcdefghjkmn/1", "a/b/c",
    "00000000-0000-0000-0000-000000000000", "not-a-uuid", "[]", "{}", '{"a":1}', "=cmd|' /C calc'!A0", "@owner", "+852",
]  # fmt: skip
PARAMETERS = [
    "q", "page", "sort", "after", "before", "since", "until", "who", "about", "kind", "as", "tier", "state", "show", "number",
    "from", "organisation", "returned", "use", "of", "by", "a", "b", "then", "next", "move", "owner", "when", "status", "priority",
    "system", "place", "group", "\x01", "a[]", "a.b", "__proto__",
]  # fmt: skip
METHODS = ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "FOO", "PROPFIND", "get", "LONG" * 50, "POST", "GET"]


PUBLIC = "/verify/"
"""Below this address the certificate of a number is shown to everybody: its holder is no secret there."""


class Fields(HTMLParser):
    """The names of the fields and buttons of a page, and what they hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.buttons: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        name, value = named.get("name"), named.get("value") or ""
        if name and (tag == "button" or named.get("type") == "submit"):
            self.buttons.append((name, value))
        elif name and tag in ("input", "textarea", "select"):
            self.values.setdefault(name, value)


class Fuzz:
    """The requests of one kind: who sends them, and what is wrong with any answer."""

    def __init__(self, site: World, browsers: dict[str, Client], part: int = 0) -> None:
        self.site, self.browsers, self.random = site, browsers, random.Random(20261125 + part)
        self.foreign = [
            str(part)
            for what, parts in site.places.items()
            if "neighbour" in what
            for part in parts
            if len(str(part)) > 8
        ]
        self.pages: dict[Place, Fields] = {}
        self.wrong: list[str] = []
        self.sent = 0

    def value(self) -> str:
        return self.random.choice(self.foreign if self.random.random() < 0.15 else VALUES)

    def send(self, role: str, method: str, url: str, form: Any = None, **more: Any) -> HttpResponse:
        client = self.browsers[role]
        self.sent += 1
        with undone():
            response = client.generic(method, url, **more) if form is None else client.post(url, form, **more)
            page = sitemap.body_of(response)
        client.cookies.pop("messages", None)
        # A document of the world has no file behind it, and that page says so.
        if response.status_code >= 500 and not (response.status_code == 503 and "/documents/" in url):
            self.wrong.append(f"{response.status_code}: {role} {method} {url[:300]} {str(form)[:500]} {more}")
        if NEIGHBOUR in page and not url.startswith(PUBLIC):
            self.wrong.append(f"a neighbour's words: {role} {method} {url[:300]} {str(form)[:500]}")
        return response

    def page_of(self, place: Place) -> Fields:
        """What a page sends: the fields that it shows to whoever fills it, or those that are known where it has no page."""
        if place not in self.pages:
            page = Fields(sitemap.body_of(self.browsers[place.role].get(place.url(self.site))))
            page.values |= {name: str(value) for name, value in place.form().items()}
            for secret in ("csrfmiddlewaretoken", "password"):
                page.values.pop(secret, None)
            self.pages[place] = page
        return self.pages[place]


def path(fuzz: Fuzz, place: Place) -> None:
    """One part of the address is garbage, or a foreign object's; sometimes every part."""
    url = place.url(fuzz.site)
    parts = url.strip("/").split("/")
    for _n in range(fuzz.random.choice((1, 1, 1, len(parts)))):
        at = fuzz.random.randrange(len(parts))
        foreign = fuzz.random.random() < 0.15
        parts[at] = quote(fuzz.random.choice(fuzz.foreign)) if foreign else fuzz.random.choice(PATHS)
    made = "/" + "/".join(parts) + fuzz.random.choice(("/", "/", "/", ""))
    if made.startswith("//") or "?" in made:
        made = "/x" + made.replace("?", "%3f")
    fuzz.send(any_role(fuzz, place), "GET", made)


def query(fuzz: Fuzz, place: Place) -> None:
    names = [*PARAMETERS, *fuzz.page_of(place).values]
    pairs = [(fuzz.random.choice(names), fuzz.value()) for _n in range(fuzz.random.choice((1, 1, 2, 5)))]
    more = {"headers": {"HX-Request": "true"}} if fuzz.random.random() < 0.2 else {}
    fuzz.send(any_role(fuzz, place), "GET", f"{place.url(fuzz.site)}?{urlencode(pairs, errors='replace')}", **more)


def form(fuzz: Fuzz, place: Place) -> None:
    """The page's own form with a field that is garbage, missing, or sent twice; or with all of them so."""
    page = fuzz.page_of(place)
    fields: dict[str, Any] = dict(page.values)
    if page.buttons and fuzz.random.random() < 0.8:  # the one that is pressed, mostly with what stands on it
        name, value = fuzz.random.choice(page.buttons)
        fields[name] = fuzz.value() if fuzz.random.random() < 0.2 else value
    names = list(fields) or ["note"]
    way = fuzz.random.choice(("one", "one", "one", "some", "all", "missing", "twice", "strange"))
    if way == "one":
        fields[fuzz.random.choice(names)] = fuzz.value()
    elif way == "some":
        fields |= {fuzz.random.choice(names): fuzz.value() for _n in range(4)}
    elif way == "all":
        fields = {name: fuzz.value() for name in names}
    elif way == "missing":
        fields.pop(fuzz.random.choice(names), None)
    elif way == "twice":
        fields[fuzz.random.choice(names)] = [fuzz.value(), fuzz.value()]
    else:
        fields[fuzz.value() or "x"] = fuzz.value()
    more = {"headers": {"HX-Request": "true"}} if fuzz.random.random() < 0.3 else {}
    fuzz.send(any_role(fuzz, place, 0.1), "POST", place.url(fuzz.site), fields, **more)


def method(fuzz: Fuzz, place: Place) -> None:
    wanted = fuzz.random.choice(METHODS)
    body = urlencode({fuzz.value(): fuzz.value()}, errors="replace").encode()
    kind = fuzz.random.choice(
        ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=b", "x")
    )
    fuzz.send(any_role(fuzz, place), wanted, place.url(fuzz.site), data=body, content_type=kind)


def any_role(fuzz: Fuzz, place: Place, others: float = 0.3) -> str:
    """Mostly who may open the page, sometimes anybody."""
    return fuzz.random.choice(list(fuzz.browsers)) if fuzz.random.random() < others else place.role


ADMIN = ["admin:index", "admin:login", "admin_end_sessions"]
KINDS: dict[Callable[[Fuzz, Place], None], list[Place]] = {
    path: sitemap.READ,
    query: sitemap.READ,
    form: sitemap.FORMS_TAKEN,
    method: sitemap.READ,
}


def tried(kind: Callable[[Fuzz, Place], None], fuzz: Fuzz, requests: int, places: Sequence[Place] = ()) -> list[str]:
    """Send so many requests of this kind to these places in turn, or to every place; return what was wrong."""
    for place in cycle(places or KINDS[kind]):
        if fuzz.sent >= requests:
            break
        kind(fuzz, place)
    return sorted(set(fuzz.wrong))


def faults_of_a_page(name: str, values: list[str], fuzz: Fuzz) -> list[str]:
    """Each value once, as a query and in every field of the page's form; nobody is signed in or out by it."""
    url = reverse(name)
    for role in ("anonymous", "staff"):
        names = list(Fields(sitemap.body_of(fuzz.browsers[role].get(url))).values)
        for value in values:
            fuzz.send(role, "GET", f"{url}?{urlencode({'next': value, 'q': value}, errors='replace')}")
            if name != "account_logout":
                fuzz.send(role, "POST", url, {field: value for field in names if field != "csrfmiddlewaretoken"})
    return fuzz.wrong
