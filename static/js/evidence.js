// The evidence of an answer in its place on the page; without this file the same is done on a page of its own.
// Nothing here goes through the form around the answers: the controls have no names, and their events stay in the strip.
(() => {
  "use strict";

  const chosen = new Map(); // id of a strip -> the file that waits in it
  const stripOf = (node) => node?.closest?.("[data-evidence]");
  const part = (strip, name) => strip.querySelector(`[data-evidence-${name}]`);
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  // The token in the page is that of its session; after a sign-in elsewhere the cookie has the new one.
  const csrf = () => document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1] || token();

  // The server's strip in a reply; null where the reply is no strip of this answer.
  const read = (strip, html) => {
    const box = document.createElement("template");
    box.innerHTML = html;
    const fresh = box.content.querySelector("[data-evidence], .hk-evidence");
    return fresh?.id === strip.id ? fresh : null;
  };
  const put = (strip, fresh) => {
    strip.replaceWith(fresh);
    showChosen(fresh);
    return fresh;
  };

  const showChosen = (strip) => {
    const file = chosen.get(strip.id);
    const line = part(strip, "chosen");
    if (!line) return;
    line.hidden = !file;
    line.textContent = file ? file.name : "";
    const title = part(strip, "title");
    if (file && title && !title.value) title.value = file.name.replace(/\.[^.]{1,5}$/, "").slice(0, 160);
  };

  const show = (strip, name, on) => {
    const node = part(strip, name);
    if (node) node.hidden = !on;
  };

  const signedOut = (address) => address.includes("/accounts/login/");

  // What only reads: the strip open, narrowed or closed. Where that fails the link leads to the page instead.
  const load = async (strip, query = {}) => {
    const address = `${strip.dataset.evidence}?${new URLSearchParams(query)}`;
    try {
      const reply = await fetch(address, { headers: { "HX-Request": "true" } });
      const fresh = reply.ok && !signedOut(reply.url) ? read(strip, await reply.text()) : null;
      if (fresh) return put(strip, fresh);
    } catch { /* the connection is gone: the link tells more than this could */ }
    window.location.assign(strip.dataset.evidence);
    return null;
  };

  // Send fields, with a file or without; progress is shown while a file goes up.
  const send = (strip, fields, file) => {
    if (strip.getAttribute("aria-busy") === "true") return;
    const body = new FormData();
    Object.entries(fields).forEach(([name, value]) => body.append(name, value));
    if (file) body.append("file", file, file.name);
    body.append("whole", "1"); // last: where it is missing, the upload was cut off
    const request = new XMLHttpRequest();
    request.open("POST", strip.dataset.evidence);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", csrf());
    strip.setAttribute("aria-busy", "true");
    ["lost", "out"].forEach((name) => show(strip, name, false));
    if (file) {
      show(strip, "sending", true);
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        const share = Math.round((event.loaded / event.total) * 100);
        part(strip, "progress").value = share;
        part(strip, "percent").textContent = `${share} %`;
      });
    }
    const failed = (name) => {
      strip.removeAttribute("aria-busy");
      show(strip, "sending", false);
      const button = part(strip, "add");
      if (!button) {
        window.location.assign(strip.dataset.evidence);
        return;
      }
      button.textContent = button.dataset.again;
      show(strip, name, true);
      button.focus();
    };
    request.addEventListener("load", () => {
      if (signedOut(request.responseURL) || request.status === 403) return failed("out");
      const fresh = [200, 507].includes(request.status) ? read(strip, request.responseText) : null; // 507: no room for the file
      if (!fresh) return failed("lost");
      if (file && !("evidenceRefused" in fresh.dataset)) chosen.delete(strip.id);
      put(strip, fresh);
      (fresh.querySelector(".is-invalid") || part(fresh, "close") || part(fresh, "open"))?.focus();
    });
    ["error", "timeout", "abort"].forEach((name) => request.addEventListener(name, () => failed("lost")));
    request.send(body);
  };

  const take = async (strip, files) => {
    if (!files?.length) return;
    chosen.set(strip.id, files[0]);
    const open = part(strip, "panel") ? strip : await load(strip);
    if (!open) return;
    showChosen(open);
    part(open, "proves")?.focus();
  };

  const add = (strip) => {
    const file = chosen.get(strip.id);
    send(strip, {
      title: part(strip, "title").value, proves: part(strip, "proves").value, confidentiality: "internal",
    }, file);
  };

  document.addEventListener("click", async (event) => {
    const strip = stripOf(event.target);
    const at = (name) => event.target.closest(`[data-evidence-${name}]`);
    if (!strip || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const act = at("act");
    if (act) {
      event.preventDefault();
      send(strip, { [act.dataset.evidenceAct]: act.dataset.reference });
    } else if (at("open")) {
      event.preventDefault();
      const fresh = await load(strip);
      if (fresh) part(fresh, "q")?.focus();
    } else if (at("find")) {
      const fresh = await load(strip, { q: part(strip, "q").value });
      if (fresh) part(fresh, "q")?.focus();
    } else if (at("add")) add(strip);
    else if (at("close")) {
      chosen.delete(strip.id);
      const fresh = await load(strip, { closed: "1" });
      if (fresh) part(fresh, "open")?.focus();
    }
  });

  // Before anything else hears of it: what happens in an open strip is no change of the answer.
  ["input", "change", "keydown"].forEach((kind) => document.addEventListener(kind, (event) => {
    const strip = stripOf(event.target);
    if (!strip || !event.target.closest("[data-evidence-panel]")) return;
    if (kind === "keydown") {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      event.preventDefault(); // Enter would send the whole section
      (event.target.hasAttribute("data-evidence-q") ? part(strip, "find") : part(strip, "add")).click();
      return;
    }
    event.stopPropagation();
    if (kind === "change" && event.target.hasAttribute("data-evidence-file")) take(strip, event.target.files);
  }, true));

  // A screenshot pasted anywhere in a question, a file dropped on its evidence.
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    const strip = event.target.closest?.(".hk-asked")?.querySelector("[data-evidence]");
    if (!files?.length || !strip) return;
    event.preventDefault();
    take(strip, files);
  });
  const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // a file that misses the strip must not take the place of the page
    document.querySelectorAll(".hk-evidence-over").forEach((strip) => strip.classList.remove("hk-evidence-over"));
    stripOf(event.target)?.classList.add("hk-evidence-over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.querySelectorAll(".hk-evidence-over").forEach((strip) => strip.classList.remove("hk-evidence-over"));
    const strip = stripOf(event.target);
    if (strip) take(strip, event.dataTransfer.files);
  });
})();
