"""Tasks of a daily reader in w3m: every page is loaded, every form is sent and every answer is rendered by w3m.

Usage: text-browser-test.py PROGRAM, which is started as a demo on a free port.
"""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from html.parser import HTMLParser

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Pottery weekly</title><link>http://127.0.0.1/</link>
<description>Pottery</description><item><title>A kiln that fits a balcony</title><guid>1</guid>
<description>It fires small pots.</description></item></channel></rss>"""


class Forms(HTMLParser):
    """The forms of a page with their fields and buttons, and its links."""

    def __init__(self, source):
        super().__init__()
        self.forms, self.links, self.stack = [], [], []
        self.button = self.select = self.link = self.area = None
        self.feed(source)

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        name, value = attributes.get("name"), attributes.get("value") or ""
        if tag == "form":
            self.stack.append({"attributes": attributes, "fields": {}, "buttons": []})
            self.forms.append(self.stack[-1])
        elif tag == "a":
            self.link = [attributes.get("href", ""), ""]
            self.links.append(self.link)
        elif not self.stack:
            return
        elif tag == "input" and name and "disabled" not in attributes:
            if attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes:
                self.stack[-1]["fields"][name] = value
        elif tag == "button":
            self.button = {"attributes": attributes, "label": attributes.get("aria-label", "")}
            self.stack[-1]["buttons"].append(self.button)
        elif tag == "textarea":
            self.area = name
            self.stack[-1]["fields"][name] = ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in attributes or self.select not in self.stack[-1]["fields"]):
            self.stack[-1]["fields"][self.select] = value

    def handle_endtag(self, tag):
        if tag == "form" and self.stack:
            self.stack.pop()
        elif tag == "button":
            self.button = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None
        elif tag == "a":
            self.link = None

    def handle_data(self, data):
        if self.button is not None:
            self.button["label"] += data
        if self.link is not None:
            self.link[1] += data
        if self.area is not None:
            self.stack[-1]["fields"][self.area] += data


class TextBrowser:
    """w3m with a folder of its own."""

    def __init__(self, address, folder):
        self.address, self.folder = address, folder

    def run(self, *arguments):
        environment = {"HOME": self.folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "dumb"}
        command = ["w3m", "-cols", "100", "-I", "UTF-8", "-O", "UTF-8", "-o", "accept_encoding=identity", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
        return done.stdout.decode()

    def source(self, path):
        return self.run("-dump_source", urllib.parse.urljoin(self.address, path))

    def read(self, path):
        """The page as a reader sees it."""
        return self.run("-dump", urllib.parse.urljoin(self.address, path))

    def follow(self, path, text):
        """The address behind the first link with a text."""
        for href, label in Forms(self.source(path)).links:
            if text in label:
                return href
        raise AssertionError(f"{path} has no link “{text}”")

    def send(self, path, button, **typed):
        """Presses a button after typing into its form; the page that follows, as a reader sees it. w3m knows no formaction."""
        found = Forms(self.source(path))
        for form in found.forms:
            for pressed in form["buttons"]:
                if re.fullmatch(button, " ".join(pressed["label"].split())) and set(typed) <= set(form["fields"]):
                    return self.submit(path, form, pressed["attributes"], typed)
        labels = [" ".join(pressed["label"].split()) for form in found.forms for pressed in form["buttons"]]
        raise AssertionError(f"{path} has no button “{button}” for {sorted(typed)}: {labels}")

    def submit(self, path, form, pressed, typed):
        fields = {**form["fields"], **typed}
        if "name" in pressed:
            fields[pressed["name"]] = pressed.get("value", "")
        action = form["attributes"].get("action") or path
        target = urllib.parse.urljoin(urllib.parse.urljoin(self.address, path), action)
        method = form["attributes"].get("method", "get")
        if method.lower() == "get":
            return self.read(f"{target}?{urllib.parse.urlencode(fields)}")
        body = os.path.join(self.folder, "body")
        with open(body, "w", encoding="utf-8") as file:
            file.write(urllib.parse.urlencode(fields))
        # As w3m does when a form is sent by hand.
        return self.run("-header", f"Referer: {urllib.parse.urljoin(self.address, path)}", "-post", body, "-dump", target)


def expect(text, *parts):
    for part in parts:
        assert part in text, f"“{part}” is missing in:\n{text}"


def read_daily(browser, feed_address):
    """The tasks, each with what a reader sees afterwards."""
    inbox = browser.read("/")
    expect(inbox, "Inbox", "Unread", "Best first", "Newest")
    listed = [link for link in Forms(browser.source("/")).links if link[0].startswith("/articles/")]
    assert len(listed) > 10, listed
    yield "read the inbox"

    path, title = listed[0][0], " ".join(listed[0][1].split())
    article = browser.read(path)
    expect(article, title[:40], "Score details", "View original", "Mark as unread")
    plain = urllib.parse.urlsplit(path).path
    yield "open an article"

    browser.send(plain, "Mark as unread")
    browser.send("/?view=all&limit=200", f"Mark as read.*|.*{re.escape(title)}.*")
    expect(browser.read(plain), "Mark as unread")
    yield "mark an article as read"

    browser.send(plain, "Star")
    expect(browser.read("/?view=starred"), title[:40])
    yield "star an article"

    browser.send(plain, "Vote up")
    expect(browser.read("/search?q=vote%3Aup"), title[:40])
    yield "vote"

    hits = browser.send("/search", "Search", q="title:why")
    expect(hits, "articles", "Make a rule of this")
    yield "search"

    browser.send("/search?q=title%3Awhy", "Save search", name="Questions")
    expect(browser.read("/searches"), "Questions", "title:why")
    expect(browser.read("/"), "Questions")
    yield "save a search"

    feed = browser.send("/feeds/new", "Subscribe", address=feed_address)
    expect(feed, "Subscribed", "Pottery weekly")
    expect(browser.read("/search?q=title%3Abalcony"), "A kiln that fits a balcony")
    yield "subscribe"

    opml = browser.source("/opml/export")
    expect(opml, "<opml", feed_address)
    yield "export OPML"

    expect(browser.send("/settings/retention", "Test", rules="is:read date:>90d"), "A run would remove")
    expect(browser.read("/settings/retention"), "Every article is kept.")
    yield "test a rule of retention without saving it"

    expect(browser.send("/rules/edit", "Test", name="Kilns", query="title:balcony"), "The newest of them", "balcony")
    expect(browser.read("/rules"), "No rules")
    yield "test a rule without saving it"

    settings = browser.follow("/feeds", "Settings of Pottery weekly")
    confirmation = browser.follow(settings, "Remove this feed")
    expect(browser.read(confirmation), "Pottery weekly", "will be removed")
    expect(browser.send(confirmation, "Remove.*"), "Removed")
    assert feed_address not in browser.source("/opml/export")
    yield "unsubscribe"


class FeedHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = FEED.encode()
        self.send_response(200)
        self.send_header("content-type", "application/rss+xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def start(program, folder):
    """A demo whose articles are scored; its process and address."""
    log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
    environment = {"HOME": folder, "TMPDIR": folder, "PATH": os.environ["PATH"]}
    process = subprocess.Popen([program, "demo", "--addr", "127.0.0.1:0"], env=environment, stdout=log, stderr=log)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        log.seek(0)
        address = re.search(r"Gleaner is ready.*?url=(http\S+)", log.read())
        if address:
            counts = json.load(urllib.request.urlopen(f"{address[1]}/api/articles/counts"))
            if counts["all"] > 0 and counts["scoring"] == 0:
                return process, address[1]
        time.sleep(0.1)
    process.kill()
    log.seek(0)
    raise SystemExit(f"text browser: the demo did not start: {log.read()[-2000:]}")


def main(program):
    feeds = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FeedHandler)
    threading.Thread(target=feeds.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        process, address = start(program, folder)
        try:
            done = 0
            for task in read_daily(TextBrowser(address, folder), f"http://127.0.0.1:{feeds.server_port}/pottery.xml"):
                done += 1
                print(f"    {task}")
            print(f"    {done} tasks done with w3m")
            assert done == 12, done
        finally:
            process.terminate()
            process.wait(timeout=30)


main(sys.argv[1])
