// Runs before anything is painted, so that no light page flashes in the dark.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("pixcrawler.theme");
  } catch {
    // Storage is blocked: the system's theme it is.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
