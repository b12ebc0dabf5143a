// Light or dark: the system's, until somebody chooses.
import { keep } from "./kept.js";
import { store } from "./store.js";

const KEPT = "pixcrawler.theme";
export const THEMES = ["system", "light", "dark"];
export const theme = store(document.documentElement.dataset.theme ?? "system");

export function choose(name) {
  theme.set(name);
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  keep("localStorage", KEPT, name === "system" ? null : name);
}
