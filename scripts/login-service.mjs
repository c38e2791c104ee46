// A simulated login service that answers as Authelia, for proxy-test.sh. Usage: login-service.mjs PORT
// The cookie login=ours is logged in as "owner". /keys is passed without a login and without a user, as a bypass rule does.
import { createServer } from "node:http";

const loginPage = "https://login.example.org/";

createServer((request, response) => {
  const { headers } = request;
  const path = headers["x-original-url"] ? new URL(headers["x-original-url"]).pathname : headers["x-forwarded-uri"];
  if (!request.url.startsWith("/api/authz/")) return response.writeHead(404).end();
  if (path === "/keys") return response.writeHead(200).end();
  if (/(^|; )login=ours(;|$)/.test(headers.cookie ?? "")) return response.writeHead(200, { "remote-user": "owner" }).end();
  response.writeHead(request.url.endsWith("/auth-request") ? 401 : 302, { location: loginPage }).end();
}).listen(Number(process.argv[2]), "127.0.0.1");
