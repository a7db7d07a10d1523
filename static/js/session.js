// The end of a session: said five minutes before, put off by a button.
(() => {
  "use strict";
  const WARNING = 5 * 60 * 1000;
  const place = document.getElementById("hk-session");
  let ends = Date.parse(document.body.dataset.sessionEnds);
  let timer = 0;

  const show = (name) => place.replaceChildren(document.getElementById(name).content.cloneNode(true));
  const watch = () => {
    clearTimeout(timer);
    const left = ends - Date.now();
    if (left <= 0) {
      show("hk-session-over");
      return;
    }
    if (left > WARNING) place.replaceChildren();
    else if (!place.firstChild) show("hk-session-soon");
    // A computer that slept comes late to its timers: look again at least once a minute.
    timer = setTimeout(watch, Math.min(left > WARNING ? left - WARNING : left, 60 * 1000));
  };
  const csrf = () => /(?:^|; )(?:__Host-)?csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  place?.addEventListener("submit", (event) => {
    event.preventDefault();
    fetch(event.target.action, { method: "POST", headers: { "HX-Request": "true", "X-CSRFToken": csrf() } })
      .then((response) => {
        if (!response.ok && response.status !== 401) return;
        ends = response.ok ? Date.parse(response.headers.get("Session-Ends")) : Date.now();
        place.replaceChildren();
        watch();
      }, () => {}); // no connection: the button stays
  });
  if (place && ends) watch();
})();
