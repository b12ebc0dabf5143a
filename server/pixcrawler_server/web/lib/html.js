// The one place that knows which library draws. Text is text: there is no way to hand in markup.
import { Component, createContext, h, render } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export * from "../vendor/hooks.js";
export { Component, createContext, h, render };
export const html = htm.bind(h);
