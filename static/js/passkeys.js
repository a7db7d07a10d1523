// Buttons that use a passkey, by the functions that allauth brings; a passkey that did not work says so on the page.
(() => {
  "use strict";
  const forms = window.allauth?.webauthn.forms;
  for (const button of document.querySelectorAll("[data-passkey]")) {
    const { passkey, credential, alone } = button.dataset;
    const ids = { add: button.id, authenticate: button.id, login: button.id, passwordless: alone, credential };
    if (document.getElementById("js_data")) ids.data = "js_data";
    forms?.[passkey]({ ids });
  }
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const said = document.getElementById("passkey-said");
    if (said) said.textContent = said.dataset.failed;
  });
  document.getElementById("print-codes")?.addEventListener("click", () => window.print());
})();
