"""What the tests with real reading clients share: feeds, a Gleaner of their own, and checks."""

import http.server
import json
import re
import signal
import subprocess
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
