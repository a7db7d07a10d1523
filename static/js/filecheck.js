// Check a PDF: its sum the certificate numbers in it and whether it is a PDF are worked out here, and only they are
// sent. The name of the file stays in this tab. Where this browser cannot work out sums the form is sent as it is, and says so.
(() => {
  "use strict";

  const NAME = "hkguide-file-name";
  const MOST = 10 * 1024 * 1024; // no file of ours is larger
  // The name is shown with the answer to this file alone: it is kept with what was asked about it.
  const recall = () => {
    try {
      const [asked, name] = JSON.parse(sessionStorage.getItem(NAME) || "[]");
      return asked === window.location.search ? name : "";
    } catch { return ""; }
  };
  const remember = (asked, name) => {
    try { sessionStorage.setItem(NAME, JSON.stringify([asked, name])); } catch { /* the page does without it */ }
  };

  const name = recall();
  if (name) for (const node of document.querySelectorAll("[data-file-name]")) node.textContent = name;

  const form = document.querySelector("form[data-file-check]");
  if (!form || !window.crypto?.subtle) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const said = form.querySelector("[data-said]");
  for (const node of form.querySelectorAll("[data-with-script]")) node.hidden = false;
  for (const node of form.querySelectorAll("[data-without-script]")) node.hidden = true;

  const inHex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
  const ofHex = (text) => text.match(/../g).map((pair) => String.fromCharCode(parseInt(pair, 16))).join("");

  // The same two ways of writing a number that the server reads: as it is, and in hexadecimal.
  const numbersIn = (bytes) => {
    const text = new TextDecoder("latin1").decode(bytes);
    const plain = text.match(/HKG-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z](?![0-9A-Z])/g) || [];
    const hex = (text.match(/484B472D(?:[0-9A-F]{2}){11}/gi) || []).map(ofHex);
    return [...new Set([...plain, ...hex])].slice(0, 5);
  };

  const isPdf = (bytes) => new TextDecoder("latin1").decode(bytes.slice(0, 1024)).includes("%PDF-");

  const check = async (file) => {
    said.textContent = said.dataset.reading;
    const query = new URLSearchParams();
    try {
      if (file.size > MOST) throw new Error("too large");
      const bytes = await file.arrayBuffer();
      query.set("sha256", inHex(await crypto.subtle.digest("SHA-256", bytes)));
      for (const number of numbersIn(bytes)) query.append("number", number);
      if (!isPdf(bytes)) query.set("pdf", "no");
    } catch {
      query.set("unread", "1");
    }
    remember(`?${query}`, file.name);
    window.location.assign(`${form.action}?${query}`);
  };

  form.addEventListener("submit", (event) => {
    const [file] = input.files;
    if (!file) return; // the server says what is missing
    event.preventDefault();
    check(file);
  });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("hk-file-drop-over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("hk-file-drop-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("hk-file-drop-over");
    const [file] = event.dataTransfer.files;
    if (file) check(file);
  });
})();
