// Saves how far a file was played: at a pause, after a jump while it is paused, every 15 s while it plays, when the page is left; 0 when it has ended.
const form = document.getElementById("media-position");
for (const player of document.querySelectorAll("[data-file]")) {
  let saved = Date.now();
  const save = (seconds) => {
    saved = Date.now();
    const body = new URLSearchParams(new FormData(form));
    body.set("url", player.dataset.file);
    body.set("seconds", Math.floor(seconds));
    fetch(form.action, { method: "POST", body, keepalive: true }).catch(() => {});
  };
  player.addEventListener("ended", () => save(0));
  player.addEventListener("seeked", () => player.paused && !player.ended && save(player.currentTime));
  player.addEventListener("pause", () => player.ended || save(player.currentTime));
  player.addEventListener("timeupdate", () => player.paused || Date.now() - saved < 15000 || save(player.currentTime));
  addEventListener("pagehide", () => player.paused || save(player.currentTime));
}
