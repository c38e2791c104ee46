import { createServer, type Server } from "node:http";
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
      const found = pages[request.url ?? ""];
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
