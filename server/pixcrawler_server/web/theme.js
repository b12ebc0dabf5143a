// Runs before anything is painted, so that no light page flashes in the dark; and says so when the page's own
// scripts do not come.
(() => {
  let chosen = null;
  try {
    chosen = JSON.parse(localStorage.getItem("pixcrawler.theme"));
  } catch {
    // It is blocked, or somebody else's: the system's theme it is.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  const failed = (event) => {
    const root = document.getElementById("app");
    if (event.target.tagName !== "SCRIPT" || !root) return;
    const again = document.createElement("a");
    again.href = location.href;
    again.textContent = "Load it again";
    const text = document.createElement("p");
    text.className = "plain";
    text.setAttribute("role", "alert");
    text.append("The page could not be loaded. Look whether you are online and the server runs. ", again, ".");
    root.replaceChildren(text);
  };
  window.addEventListener("error", failed, true);
})();
