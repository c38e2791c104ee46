import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An RSS feed with `count` articles. */
function rss(title: string, count: number): string {
  const items = Array.from({ length: count }, (_, n) => {
    const date = new Date(Date.UTC(2026, 0, 1 + n)).toUTCString();
    return `<item><title>${title}, part ${n + 1}</title><link>http://127.0.0.1/${n}</link><guid>${title}-${n}</guid>
      <pubDate>${date}</pubDate><description>&lt;p&gt;A paragraph about ${title}.&lt;/p&gt;</description></item>`;
  }).join("");
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>${title}</title><link>http://127.0.0.1/</link>
    <description>${title}</description>${items}</channel></rss>`;
}

function page(title: string, feeds: [string, string][]): string {
  const links = feeds.map(([href, name]) => `<link rel="alternate" type="application/rss+xml" href="${href}" title="${name}">`);
  return `<!doctype html><html lang="en"><head><title>${title}</title>${links.join("")}</head><body><h1>${title}</h1></body></html>`;
}

/** Seconds of the episode. */
const episodeSeconds = 120;

/** Silence as a WAV file: one channel, 8 bits, 8,000 samples a second. */
function silence(): Buffer {
  const samples = episodeSeconds * 8_000;
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(8_000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples, 40);
  return Buffer.concat([head, Buffer.alloc(samples, 128)]);
}

/** A podcast with one episode at `host`. */
function podcast(host: string): string {
  const length = 44 + episodeSeconds * 8_000;
  return `<?xml version="1.0"?><rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>
    <title>Kiln talk</title><link>http://${host}/</link><description>Talk</description>
    <item><title>Episode about glazes</title><guid>episode</guid><link>http://${host}/episode</link>
      <description>&lt;p&gt;An hour about glazes.&lt;/p&gt;</description>
      <enclosure url="http://${host}/episode.wav" type="audio/wav" length="${length}"/>
      <itunes:duration>${episodeSeconds}</itunes:duration></item></channel></rss>`;
}

/** Answers with a part of `body` when the request asks for one, as players do. */
function sendRange(request: IncomingMessage, response: ServerResponse, type: string, body: Buffer): void {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const first = Number(asked?.[1] ?? 0);
  const last = Math.min(Number(asked?.[2] || body.length - 1), body.length - 1);
  response.writeHead(asked ? 206 : 200, {
    "content-type": type,
    "content-length": last - first + 1,
    "accept-ranges": "bytes",
    ...(asked ? { "content-range": `bytes ${first}-${last}/${body.length}` } : {}),
  });
  response.end(body.subarray(first, last + 1));
}

const pages: Record<string, [type: string, body: string]> = {
  "/pottery.xml": ["application/rss+xml", rss("Pottery weekly", 3)],
  "/kiln.xml": ["application/rss+xml", rss("Kiln notes", 2)],
  "/glaze.xml": ["application/rss+xml", rss("Glaze letters", 2)],
  "/one": ["text/html", page("A potter's site", [["/kiln.xml", "Kiln notes"]])],
  "/several": ["text/html", page("Two feeds", [["/kiln.xml", "Kiln notes"], ["/glaze.xml", "Glaze letters"]])],
  "/none": ["text/html", page("No feed here", [])],
};

/** A site on loopback with feeds, pages that link to feeds, and a page without. */
export class Site {
  private constructor(private readonly server: Server) {}

  static async open(): Promise<Site> {
    const server = createServer((request, response) => {
      if (request.url === "/episode.wav") return sendRange(request, response, "audio/wav", silence());
      const found = request.url === "/podcast.xml" ? ["application/rss+xml", podcast(request.headers.host ?? "")] : pages[request.url ?? ""];
      response.writeHead(found ? 200 : 404, { "content-type": found?.[0] ?? "text/plain" });
      response.end(found?.[1] ?? "nothing here");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new Site(server);
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
