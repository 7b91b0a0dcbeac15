// Times come in UTC; whoever has scripts reads them on their own clock.
function local(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const at = new Date(time.dateTime);
    const away = at.toDateString() !== new Date().toDateString();
    const timeStyle = /:\d\d:\d\d/.test(time.textContent) ? "medium" : "short";
    time.textContent = new Intl.DateTimeFormat(undefined, { timeStyle, ...(away && { dateStyle: "medium" }) }).format(at);
    time.dataset.local = "";
  }
}
local(document);
