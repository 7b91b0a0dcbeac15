// Swagger UI, and the names and roles that it leaves out.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const root = document.getElementById("swagger-ui");

function nameOf(field) {
  const parameter = field.closest("tr[data-param-name]");
  if (parameter) return `Value for ${parameter.dataset.paramName}`;
  if (field.matches(".body-param__text")) return "Request body";
  return field.id === "servers" ? "Server" : "Media type";
}

function mend() {
  for (const field of root.querySelectorAll("select, textarea, input")) {
    if (!field.ariaLabel && !field.labels?.length) field.ariaLabel = nameOf(field);
  }
  for (const table of root.querySelectorAll("table[role=region]")) table.removeAttribute("role");
  for (const [tag, level] of [["h3.opblock-tag", 2], [".modal-ux h3", 2], ["h4", 3], ["h5", 4]]) {
    for (const heading of root.querySelectorAll(tag)) heading.ariaLevel = level;
  }
  // What scrolls must be reached by keyboard.
  for (const code of root.querySelectorAll(".microlight")) code.tabIndex = 0;
  for (const cell of root.querySelectorAll("thead td")) cell.role = "columnheader";
  for (const [button, name] of [[".copy-to-clipboard button", "Copy to clipboard"], [".close-modal", "Close"]]) {
    for (const nameless of root.querySelectorAll(button)) nameless.ariaLabel ||= name;
  }
}

SwaggerUIBundle({ url: "/api/openapi.json", domNode: root, tryItOutEnabled: true, displayRequestDuration: true, onComplete: mend });
new MutationObserver(mend).observe(root, { childList: true, subtree: true });
