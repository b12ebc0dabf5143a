// Line drawings of 24 pixels; hidden from screen readers, since words stand beside them.
import { html } from "../lib/html.js";

const PATHS = {
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20a7.5 7.5 0 0 1 15 0",
  admin: "M12 3l7.5 3v5.5c0 4.4-3 8-7.5 9.5-4.5-1.5-7.5-5.1-7.5-9.5V6L12 3Z",
  alert: "M12 8v5M12 16.5v.01M12 3 2.5 20h19L12 3Z",
  back: "M14.5 5.5 8 12l6.5 6.5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h10v11H9zM5 15V4h10",
  datasets: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  download: "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M4.5 19.5h15",
  file: "M6 3h8l4 4v14H6zM14 3v5h4",
  jobs: "M4 6h16M4 12h16M4 18h10",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  pause: "M8 5v14M16 5v14",
  picture: "M4 5h16v14H4zM4 16l4.5-5 4 4 3-3L20 16M15.5 9v.01",
  play: "M7 4.5 19 12 7 19.5z",
  plus: "M12 5v14M5 12h14",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 4v4.5H15",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 20 20",
  stop: "M6 6h12v12H6z",
  system: "M3.5 5h17v11h-17zM9 20h6M12 16v4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
};

export function Icon({ name }) {
  return html`<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}

export function Mark() {
  return html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false" fill="currentColor">
    <path d="M8 1h16a7 7 0 0 1 7 7v16a7 7 0 0 1-7 7H8a7 7 0 0 1-7-7V8a7 7 0 0 1 7-7Zm1 7v7h6V8Zm8 9v7h6v-7Z" fill-rule="evenodd" />
  </svg>`;
}
