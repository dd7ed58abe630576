// The content of a token, decoded in the browser: for display only.

import {date, relative} from "./words.js";

const TIMES = new Set(["exp", "iat", "nbf", "auth_time", "updated_at"]);

function decode(part) {
  const text = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder("utf-8", {fatal: true}).decode(bytes));
}

const isObject = (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value);

function rows(part, object, now) {
  return Object.entries(object).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const isTime = TIMES.has(name) && typeof value === "number";
    const note = isTime ? `${date(value)}, ${relative(value * 1000, now)}` : "";
    return {part, name, text, note};
  });
}

// [{part: "header" or "claims", name, text, note}]; empty if the text cannot be
// decoded.
export function readToken(token, now) {
  try {
    const [header, claims] = token.split(".").slice(0, 2).map(decode);
    if (!isObject(header) || !isObject(claims)) return [];
    return [...rows("header", header, now), ...rows("claims", claims, now)];
  } catch {
    return [];
  }
}
