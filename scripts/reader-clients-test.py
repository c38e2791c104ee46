"""Tests Gleaner with real reading clients; reader-clients-test.sh starts it.

Feeds come from a server on loopback: 25 with 100 articles each. What is marked in the reader is looked up in Gleaner, and what is
marked on Gleaner's pages is looked up in the reader.
"""

import contextlib
import http.server
import json
import os
import pty
import re
import select
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

FEEDS = 25
ARTICLES = 100
TOTAL = FEEDS * ARTICLES


def say(text):
    print(f"    {text}", flush=True)


def check(found, expected, what):
    if found != expected:
        raise SystemExit(f"reader clients: {what}: {found!r} instead of {expected!r}")


def eventually(what, question, seconds=60):
    """Calls a function until its result is true, and returns it."""
    until = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > until:
            raise SystemExit(f"reader clients: {what} did not come to be within {seconds} s")
        time.sleep(0.1)


class FeedHandler(http.server.BaseHTTPRequestHandler):
    """Answers /N.xml with a feed."""

    def do_GET(self):
        found = re.fullmatch(r"/(\d+)\.xml", self.path)
        if not found:
            self.send_error(404)
            return
        number = int(found[1])
        items = "".join(
            f"<item><title>Article {number:02}-{n:03} &amp; more</title><guid>{number}-{n}</guid>"
            f"<link>https://feed{number}.example/{n}</link><description>Text {n}</description>"
            f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime(1_700_000_000 + number * 1000 + n))}</pubDate></item>"
            for n in range(ARTICLES)
        )
        body = f'<rss version="2.0"><channel><title>Feed {number:02}</title>{items}</channel></rss>'.encode()
        self.send_response(200)
        self.send_header("content-type", "application/rss+xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Gleaner:
    """The program on a free port, with a data folder of its own, and one device."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.environment = {
            "HOME": folder,
            "GLEANER_FETCH__ALLOW_NETWORKS": "127.0.0.0/8",
            "GLEANER_FETCH__FULL_TEXT": "false",
            "GLEANER_FETCH__PER_HOST_SPACING": "0s",
            "GLEANER_OLLAMA__HOST": "127.0.0.1:9",
        }
        self.log = open(f"{folder}/log", "wb")
        self.process = subprocess.Popen(
            [program, "serve", "--data-dir", f"{folder}/data", "--addr", "127.0.0.1:0"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=self.log,
        )
        self.url = eventually("a line that says that it is ready", self.find_url)
        added = subprocess.run(
            [program, "clients", "add", "phone", "--json", "--data-dir", f"{folder}/data"],
            env=self.environment,
            check=True,
            capture_output=True,
        )
        self.secrets = json.loads(added.stdout)

    def find_url(self):
        if self.process.poll() is not None:
            with open(f"{self.folder}/log", errors="replace") as log:
                raise SystemExit(f"reader clients: it ended: {log.read()[-2000:]}")
        with open(f"{self.folder}/log", errors="replace") as log:
            found = re.search(r"url=(http\S+)", log.read())
        return found and found[1].rstrip("/")

    def press(self, button, article):
        """Posts a form of a page, as a browser without JavaScript."""
        body = urllib.parse.urlencode({button: article}).encode()
        headers = {"sec-fetch-site": "same-origin", "accept": "text/html", "referer": f"{self.url}/"}
        request = urllib.request.Request(f"{self.url}/fn/articles/mark", body, headers)
        with urllib.request.build_opener(KeepRedirects).open(request, timeout=30) as answer:
            check(answer.status, 302, f"the answer to {button}")

    def counts(self):
        """The counts of the pages."""
        with urllib.request.urlopen(f"{self.url}/api/articles/counts", timeout=30) as answer:
            return json.load(answer)

    def article(self, article):
        with urllib.request.urlopen(f"{self.url}/api/articles/{article}", timeout=30) as answer:
            return json.load(answer)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(30), 0, "its exit code")
        self.log.close()


class KeepRedirects(urllib.request.HTTPErrorProcessor):
    """Returns every answer as it is."""

    def http_response(self, request, response):
        return response


def ask(gleaner, path):
    """Calls the Miniflux API without a client library."""
    request = urllib.request.Request(f"{gleaner.url}{path}", headers={"X-Auth-Token": gleaner.secrets["token"]})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_miniflux(gleaner, feeds):
    """The Miniflux client library of PyPI, all of its calls that Gleaner supports."""
    import miniflux

    client = miniflux.Client(gleaner.url, api_key=gleaner.secrets["token"])
    by_password = miniflux.Client(gleaner.url, gleaner.secrets["username"], gleaner.secrets["password"])
    check(by_password.me()["username"], "phone", "its user")
    try:
        miniflux.Client(gleaner.url, api_key="gl_wrong").me()
        raise SystemExit("reader clients: a wrong token was accepted")
    except miniflux.AccessUnauthorized:
        pass
    check(client.get_version()["version"].startswith("2."), True, "a version")
    category = client.create_category("Weaving")["id"]
    client.update_category(category, "Looms")
    ids = [client.create_feed(f"{feeds}/{n}.xml", category if n % 2 else None) for n in range(FEEDS)]
    check(len(client.get_feeds()), FEEDS, "feeds")
    check(len(client.get_category_feeds(category)), FEEDS // 2, "feeds of the category")
    check([one["title"] for one in client.get_categories()], ["All", "Looms"], "categories")
    check(client.discover(f"{feeds}/1.xml")[0]["url"], f"{feeds}/1.xml", "what was discovered")
    client.update_feed(ids[0], title="First", category_id=category)
    check(client.get_feed(ids[0])["title"], "First", "a title")

    seen = []
    while len(page := client.get_entries(status="unread", limit=250, offset=len(seen))["entries"]):
        seen += [entry["id"] for entry in page]
        client.update_entries([entry["id"] for entry in page], "read")
    check((len(seen), len(set(seen))), (TOTAL, TOTAL), "entries, read while they were listed")
    check(gleaner.counts()["unread"], 0, "unread on the pages")
    client.update_entries(seen, "unread")
    check(gleaner.counts()["unread"], TOTAL, "unread on the pages again")
    say(f"{TOTAL} entries were listed and read by pages of 250; none came twice")

    entry = client.get_entries(order="published_at", direction="desc", limit=1)["entries"][0]
    check(entry["title"], f"Article {FEEDS - 1:02}-{ARTICLES - 1:03} & more", "the newest")
    check(client.get_feed_entries(ids[3], limit=7)["total"], ARTICLES, "entries of a feed")
    check(client.get_category_entries(category, limit=1)["total"], (FEEDS // 2 + 1) * ARTICLES, "entries of the category")
    check(client.get_entries(search="Article")["total"] > 0, True, "something found")
    client.toggle_bookmark(entry["id"])
    check(gleaner.article(entry["id"])["is_starred"], True, "its star on the pages")
    check([one["id"] for one in client.get_entries(starred=True)["entries"]], [entry["id"]], "starred entries")
    gleaner.press("unstar", entry["id"])
    check(client.get_entry(entry["id"])["starred"], False, "its star, taken away on a page")
    gleaner.press("read", entry["id"])
    check(client.get_entry(entry["id"])["status"], "read", "its mark, set on a page")
    check(client.get_entries(status="read")["total"], 1, "read entries")
    check(client.fetch_entry_content(entry["id"])["content"], entry["content"], "its content")
    say("marks and stars are seen both ways")

    client.mark_feed_entries_as_read(ids[1])
    check(client.get_feed_counters()["reads"][str(ids[1])], ARTICLES, "read entries of a feed")
    client.mark_category_entries_as_read(category)
    client.mark_user_entries_as_read(1)
    check(gleaner.counts()["unread"], 0, "unread after everything was marked")
    client.refresh_feed(ids[2])
    client.refresh_all_feeds()
    check("/3.xml" in client.export_feeds(), True, "the export")
    check("message" in client.import_feeds(client.export_feeds()), True, "the import")
    client.delete_feed(ids[4])
    client.delete_category(category)
    check(len(client.get_feeds()), FEEDS - 1, "feeds after one was removed")
    say("the library's calls for feeds, categories, marks and OPML work")


def test_google_reader(gleaner, feeds):
    """The client library of PyPI for the API of Google Reader, at its address and at that of FreshRSS."""
    import google_reader

    read, starred = google_reader.STREAM_READ, google_reader.STREAM_STARRED
    everything = google_reader.STREAM_READING_LIST
    client = google_reader.Client(gleaner.url)
    try:
        client.login("phone", "wrong")
        raise SystemExit("reader clients: a wrong password was accepted")
    except google_reader.AuthenticationError:
        pass
    auth = client.login(gleaner.secrets["username"], gleaner.secrets["password"])
    token = client.get_token(auth)
    check(client.get_user_info(auth).user_name, "phone", "its user")
    streams = []
    for number in range(FEEDS):
        added = client.quick_add_subscription(auth, token, f"{feeds}/{number}.xml")
        check((added.num_results, added.stream_name), (1, f"Feed {number:02}"), "a feed that was added")
        streams.append(added.stream_id)
    looms = google_reader.get_label_id("Looms")
    client.edit_subscription(auth, token, streams[0], "edit", add_label_id=google_reader.get_label_id("Weaving"), title="First")
    client.rename_tag(auth, token, google_reader.get_label_id("Weaving"), "Looms")
    listed = {one.id: one for one in client.list_subscriptions(auth)}
    check((len(listed), listed[streams[0]].title), (FEEDS, "First"), "its subscriptions")
    check([one.id for one in listed[streams[0]].categories], [looms], "the folder of the first")
    check([one.id for one in client.list_tags(auth)][:2], [starred, looms], "its labels")

    seen, continuation = [], None
    while True:
        page = client.get_stream_items_ids(auth, everything, limit=250, exclude_target=read, continuation=continuation)
        ids = [one.id for one in page.item_refs]
        client.edit_tags(auth, token, ids, add_tags=[read])
        seen += ids
        continuation = page.continuation
        if not continuation:
            break
    check((len(seen), len(set(seen))), (TOTAL, TOTAL), "items, read while they were listed")
    check(gleaner.counts()["unread"], 0, "unread on the pages")
    client.edit_tags(auth, token, seen, remove_tags=[read])
    check(gleaner.counts()["unread"], TOTAL, "unread on the pages again")
    say(f"{TOTAL} items were listed and read by pages of 250; none came twice")

    one = int(seen[0])
    items = client.get_stream_items_contents(auth, token, [seen[0], google_reader.get_long_item_id(int(seen[1]))]).items
    check([item.id for item in items], [google_reader.get_long_item_id(int(id)) for id in seen[:2]], "items in two forms")
    check((items[0].title[:8], items[0].summary.content[:4]), ("Article ", "Text"), "an item")
    client.edit_tags(auth, token, [seen[0]], add_tags=[starred])
    check(gleaner.article(one)["is_starred"], True, "its star on the pages")
    gleaner.press("unstar", one)
    check(client.get_stream_items_ids(auth, starred).item_refs, [], "starred items after the star was taken away on a page")
    gleaner.press("read", one)
    check([ref.id for ref in client.get_stream_items_ids(auth, read).item_refs], [seen[0]], "what was read on a page")
    client.edit_tags(auth, token, [seen[0]], add_tags=[google_reader.get_label_id("Liked")])
    check(gleaner.article(one)["vote"], "up", "the vote on the pages")
    say("marks, stars and votes are seen both ways")

    below = google_reader.Client(f"{gleaner.url}/api/greader.php")
    auth = below.login(gleaner.secrets["username"], gleaner.secrets["password"])
    below.mark_all_as_read(auth, token, looms)
    check(len(below.get_stream_items_ids(auth, looms, exclude_target=read).item_refs), 0, "unread items of the folder")
    try:
        below.mark_all_as_read(auth, token, "feed/999999")
        raise SystemExit("reader clients: a feed that is not there was marked")
    except google_reader.ResourceNotFoundError:
        pass
    check(gleaner.counts()["unread"] >= TOTAL - ARTICLES - 1, True, "the other items")
    below.mark_all_as_read(auth, token, everything)
    check(gleaner.counts()["unread"], 0, "unread after everything was marked")
    below.disable_tag(auth, token, looms)
    below.edit_subscription(auth, token, streams[1], "unsubscribe")
    check(len(below.list_subscriptions(auth)), FEEDS - 1, "subscriptions after one was ended")
    say("the library's calls for subscriptions, folders and marks work")


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


def test_newsboat(gleaner, feeds):
    """newsboat, by its commands and by its keys."""
    for number in range(FEEDS):
        body = json.dumps({"feed_url": f"{feeds}/{number}.xml", "category_id": 1}).encode()
        headers = {"X-Auth-Token": gleaner.secrets["token"]}
        urllib.request.urlopen(urllib.request.Request(f"{gleaner.url}/v1/feeds", body, headers), timeout=30).close()
    home = f"{gleaner.folder}/newsboat"
    os.mkdir(home)
    with open(f"{home}/config", "w") as config:
        config.write(
            'urls-source "miniflux"\n'
            f'miniflux-url "{gleaner.url}"\n'
            f'miniflux-login "{gleaner.secrets["username"]}"\n'
            f'miniflux-password "{gleaner.secrets["password"]}"\n'
            "confirm-exit no\n"
            "bind-key k up\n"
        )
    newsboat = ["/usr/bin/env", "newsboat", "-C", f"{home}/config", "-u", f"{home}/urls", "-c", f"{home}/cache.db"]
    environment = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "LINES": "40", "COLUMNS": "120"}

    def unread():
        """The number of unread articles that newsboat reports after a sync."""
        run = subprocess.run(newsboat + ["-x", "reload", "print-unread"], env=environment, capture_output=True, timeout=300)
        found = re.search(r"(\d+) unread", run.stdout.decode())
        return int(found[1]) if found else run.stdout + run.stderr

    check(unread(), TOTAL, "unread articles after the first sync")
    say(f"newsboat synced {TOTAL} articles of {FEEDS} feeds")

    newest = ask(gleaner, "/v1/entries?order=id&limit=10")["entries"]
    for entry in newest:
        gleaner.press("read", entry["id"])
    check(unread(), TOTAL - 10, "unread articles after ten were read on pages")
    for entry in newest:
        gleaner.press("unread", entry["id"])
    check(unread(), TOTAL, "unread articles after they were made unread on pages")
    say("what is read on pages is read in newsboat")

    def read():
        return ask(gleaner, "/v1/entries?status=read&limit=1")["total"]

    terminal = Terminal(newsboat, environment)
    terminal.wait_for("unread")
    for keys, what, count in [
        ("\rN", "an article that is marked as read in a list", 1),
        # Marking selects the next article.
        ("kN", "no read article, once it is marked as unread", 0),
        ("\rq", "an article that was opened", 1),
        ("A", "a feed that is read as a whole", ARTICLES),
    ]:
        terminal.type(keys)
        terminal.until(what, lambda: read() == count)
    check(gleaner.counts()["unread"], TOTAL - ARTICLES, "unread on the pages")
    terminal.end()
    check(unread(), TOTAL - ARTICLES, "unread articles in newsboat after its own marks")
    say("what is read in newsboat is read on pages")


def main():
    reader, program = sys.argv[1:]
    with (
        tempfile.TemporaryDirectory() as folder,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), FeedHandler) as server,
    ):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        gleaner = Gleaner(program, folder)
        try:
            tests = {"newsboat": test_newsboat, "miniflux": test_miniflux, "google-reader": test_google_reader}
            tests[reader](gleaner, f"http://127.0.0.1:{server.server_address[1]}")
        finally:
            if sys.exc_info()[0]:
                gleaner.process.kill()
            else:
                gleaner.stop()
            server.shutdown()


main()
