// The policy of the pages forbids scripts in attributes. Without JavaScript the button stays hidden.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
