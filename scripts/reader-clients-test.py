"""Tests Gleaner with real reading clients; reader-clients-test.sh starts it.

Feeds come from a server on loopback: 25 with 100 articles each. What is marked in the reader is looked up in Gleaner, and what is
marked on Gleaner's pages is looked up in the reader.
"""

import socketserver
import sys
import tempfile
import threading

from reader_clients import newsboat
from reader_clients.support import ARTICLES, FEEDS, TOTAL, FeedHandler, Gleaner, check, say


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


def test_newsboat(gleaner, feeds):
    """The newsboat named on the command line."""
    newsboat.test(sys.argv[3], gleaner, feeds)


def main():
    reader, program = sys.argv[1:3]
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
