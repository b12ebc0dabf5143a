// Links in e-mails carry their token behind `#`, which no server and no log sees.

/** The token in `#token=...`; null without one. */
export const tokenIn = (hash) => new URLSearchParams((hash ?? "").replace(/^#/, "")).get("token");
