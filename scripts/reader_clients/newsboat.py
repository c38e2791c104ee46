"""newsboat, by its commands and by its keys, over the APIs of Miniflux and Google Reader."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import urllib.request

from reader_clients.support import ARTICLES, FEEDS, TOTAL, ask, check, eventually, say

# The versions from which on newsboat can do what is tested.
WITH_STARS = (2, 35)
WITH_FRESHRSS = (2, 24)


class Terminal:
    """newsboat in a terminal of its own."""

    def __init__(self, command, environment):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execve(command[0], command, environment)
        self.shown = ""

    def drain(self):
        """Reads pending output."""
        ready, _, _ = select.select([self.terminal], [], [], 0.1)
        if ready:
            with contextlib.suppress(OSError):
                self.shown += os.read(self.terminal, 65536).decode(errors="replace")

    def wait_for(self, text):
        eventually(f"“{text}” on the screen", lambda: self.drain() or text in self.shown)

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def until(self, what, question):
        """Reads output until a condition holds; a program blocks on a terminal that is not read."""
        eventually(what, lambda: self.drain() or question())

    def end(self):
        os.kill(self.process, signal.SIGTERM)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


class Newsboat:
    """A newsboat with settings and a cache of its own."""

    def __init__(self, program, gleaner, name, settings):
        # A feed of its own, before the others.
        self.has_starred_items = version_of(program) >= WITH_STARS
        # Newer versions ask before they mark a feed, older ones do not know the setting.
        asks = ["confirm-mark-feed-read no"] if self.has_starred_items else []
        self.home = f"{gleaner.folder}/{name}"
        os.mkdir(self.home)
        with open(f"{self.home}/config", "w") as config:
            lines = [*settings, *asks, "confirm-exit no", "bind-key k up", "bind-key j down"]
            config.write("".join(f"{line}\n" for line in lines))
        files = ["-C", f"{self.home}/config", "-u", f"{self.home}/urls", "-c", f"{self.home}/cache.db"]
        self.command = ["/usr/bin/env", program, *files]
        shown = {"TERM": "xterm", "LANG": "C.UTF-8", "LINES": "40", "COLUMNS": "120"}
        self.environment = {"HOME": self.home, "PATH": os.environ["PATH"], **shown}

    def sync(self):
        """Syncs; returns the number of unread articles that it reports."""
        command = [*self.command, "-x", "reload", "print-unread"]
        run = subprocess.run(command, env=self.environment, capture_output=True, timeout=300)
        found = re.search(r"(\d+) unread", run.stdout.decode())
        return int(found[1]) if found else run.stdout + run.stderr

    def open(self):
        terminal = Terminal(self.command, self.environment)
        terminal.wait_for("unread")
        return terminal

    def starred(self):
        """The titles of the starred items in its cache."""
        query = "SELECT title FROM rss_item WHERE feedurl LIKE '%starred' AND NOT deleted"
        with contextlib.closing(sqlite3.connect(f"{self.home}/cache.db")) as cache:
            return [title for (title,) in cache.execute(query)]


def version_of(program):
    shown = subprocess.run([program, "-v"], check=True, capture_output=True).stdout.decode()
    return tuple(int(part) for part in re.search(r"(\d+)\.(\d+)", shown).groups())


def subscribe(gleaner, feeds):
    for number in range(FEEDS):
        body = json.dumps({"feed_url": f"{feeds}/{number}.xml", "category_id": 1}).encode()
        headers = {"X-Auth-Token": gleaner.secrets["token"]}
        urllib.request.urlopen(urllib.request.Request(f"{gleaner.url}/v1/feeds", body, headers), timeout=30).close()


def miniflux_settings(gleaner, has_stars):
    return [
        'urls-source "miniflux"',
        f'miniflux-url "{gleaner.url}"',
        f'miniflux-login "{gleaner.secrets["username"]}"',
        f'miniflux-password "{gleaner.secrets["password"]}"',
        *(['miniflux-flag-star "s"'] if has_stars else []),
    ]


def freshrss_settings(gleaner):
    return [
        'urls-source "freshrss"',
        f'freshrss-url "{gleaner.url}/api/greader.php"',
        f'freshrss-login "{gleaner.secrets["username"]}"',
        f'freshrss-password "{gleaner.secrets["password"]}"',
        'freshrss-flag-star "s"',
        f'freshrss-min-items {ARTICLES}',
    ]


def count(gleaner, condition):
    return ask(gleaner, f"/v1/entries?{condition}&limit=1")["total"]


def change(gleaner, button, entries):
    for entry in entries:
        gleaner.press(button, entry["id"])


def check_marks(newsboat, gleaner, learns_unread=True):
    """What is read on one side is read on the other; over the API of Google Reader newsboat ignores what was made unread."""
    check(newsboat.sync(), TOTAL, "unread articles after the first sync")
    say(f"newsboat synced {TOTAL} articles of {FEEDS} feeds")

    newest = ask(gleaner, "/v1/entries?order=id&direction=desc&limit=10")["entries"]
    change(gleaner, "read", newest)
    check(newsboat.sync(), TOTAL - 10, "unread articles after ten were read on pages")
    change(gleaner, "unread", newest)
    kept = 0 if learns_unread else 10
    check(newsboat.sync(), TOTAL - kept, "unread articles after they were made unread on pages")
    say("what is read on pages is read in newsboat")

    terminal = newsboat.open()
    if newsboat.has_starred_items:
        terminal.type("j")
    for keys, what, expected in [
        ("\rN", "an article that is marked as read in a list", 1),
        # Marking selects the next article.
        ("kN", "no read article, once it is marked as unread", 0),
        ("\rq", "an article that was opened", 1),
        ("A", "a feed that is read as a whole", ARTICLES),
    ]:
        terminal.type(keys)
        terminal.until(what, lambda expected=expected: count(gleaner, "status=read") == expected)
    check(gleaner.counts()["unread"], TOTAL - ARTICLES, "unread on the pages")
    terminal.end()
    check(newsboat.sync(), TOTAL - ARTICLES - kept, "unread articles in newsboat after its own marks")
    say("what is read in newsboat is read on pages")


def check_stars(newsboat, gleaner):
    """A flag set in newsboat is a star on the pages; a star of a page is in its feed of starred items."""
    terminal = newsboat.open()
    # Past the feed of starred items, which comes first and is empty.
    terminal.type("j\r\x05s\r")
    terminal.until("a star that was set in newsboat", lambda: count(gleaner, "starred=true") == 1)
    entry = ask(gleaner, "/v1/entries?starred=true")["entries"][0]
    check(gleaner.article(entry["id"])["is_starred"], True, "its star on the pages")
    terminal.type("\x05\x7f\r")
    terminal.until("no star, once it was taken away in newsboat", lambda: count(gleaner, "starred=true") == 0)
    check(gleaner.article(entry["id"])["is_starred"], False, "its star on the pages")
    terminal.end()
    say("what is starred in newsboat is starred on pages")

    starred = ask(gleaner, "/v1/entries?order=id&direction=desc&offset=20&limit=1")["entries"][0]
    gleaner.press("star", starred["id"])
    terminal = newsboat.open()
    terminal.type("r")
    terminal.until("a starred item in the cache", lambda: newsboat.starred() == [starred["title"]])
    terminal.end()
    terminal = newsboat.open()
    terminal.wait_for("(1/1) Starred items")
    terminal.end()
    gleaner.press("unstar", starred["id"])
    # An empty list alone removes nothing; the article goes back when its own feed is reloaded.
    newsboat.sync()
    check(newsboat.starred(), [], "starred items in newsboat after the star was taken away on a page")
    say("what is starred on pages is among the starred items of newsboat")


def test(program, gleaner, feeds):
    """Both APIs that newsboat knows."""
    version = version_of(program)
    named = ".".join(map(str, version))
    say(f"newsboat {named}")
    subscribe(gleaner, feeds)
    has_stars = version >= WITH_STARS
    newsboat = Newsboat(program, gleaner, "miniflux", miniflux_settings(gleaner, has_stars))
    check_marks(newsboat, gleaner)
    if has_stars:
        check_stars(newsboat, gleaner)
    else:
        print(f"skipped: reader-newsboat-stars: newsboat {named} cannot star over the API of Miniflux", flush=True)
    if version < WITH_FRESHRSS:
        print(f"skipped: reader-newsboat-freshrss: newsboat {named} does not know FreshRSS", flush=True)
        return
    say("over the API of Google Reader:")
    change(gleaner, "unread", ask(gleaner, "/v1/entries?status=read&limit=1000")["entries"])
    newsboat = Newsboat(program, gleaner, "freshrss", freshrss_settings(gleaner))
    check_marks(newsboat, gleaner, learns_unread=False)
    check_stars(newsboat, gleaner)
