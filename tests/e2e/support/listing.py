"""Pages and JSON that list a directory, as a client reads them."""

import html.parser
import json
from urllib.parse import urljoin, urlsplit

JSON = [("Accept", "application/json")]


class Page(html.parser.HTMLParser):
    """The references of a page, what they are called, and all elements that it has."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.links = {"h1": [], "thead": [], "tbody": [], "nav": []}
        self.tags, self.attributes = set(), set()
        self.part = self.next = None
        self.in_link = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        attributes = dict(attributes)
        if tag in self.links:
            self.part = tag
        elif tag == "a":
            self.links[self.part].append([attributes["href"], ""])
            self.in_link = True
            if attributes.get("rel") == "next":
                self.next = attributes["href"]

    def handle_endtag(self, tag):
        self.in_link = self.in_link and tag != "a"

    def handle_data(self, data):
        if self.in_link:
            self.links[self.part][-1][1] += data

    @property
    def rows(self):
        return [row for row in self.links["tbody"] if row[0] != "../"]


def ask_page(connection, target, host="list.test", **options):
    response = connection.ask(target, host=host, **options)
    assert response.status == 200, response
    assert response.field("content-type") == "text/html; charset=utf-8"
    return Page(response.body.decode("utf-8"))


def ask_json(connection, target, host="list.test"):
    response = connection.ask(target, fields=JSON, host=host)
    assert response.status == 200, response
    assert response.field("content-type") == "application/json"
    return json.loads(response.body.decode("utf-8"))


def resolve(target, reference, host="list.test"):
    """What a client asks for that follows a reference on a page."""
    # urljoin() takes ";" for more than RFC 3986 does, and drops it from the end.
    url = urlsplit(urljoin(f"http://{host}{target}", reference.replace(";", "%3B")))
    assert (url.scheme, url.netloc, url.fragment) == ("http", host, ""), reference
    return url.path + (f"?{url.query}" if url.query else "")


def names_of(listing):
    return [entry["name"] for entry in listing["entries"]]
