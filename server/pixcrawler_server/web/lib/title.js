// The tab's title: what the view is about.
import { useEffect } from "./html.js";

export const titled = (title) => (document.title = title ? `${title} · PixCrawler` : "PixCrawler");

/** Give the tab a title that says more than the route's, such as the name of what is shown. */
export function useTitle(title) {
  useEffect(() => {
    if (title) titled(title);
  }, [title]);
}
