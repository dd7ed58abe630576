// Numbers and times as text for people.

const number = new Intl.NumberFormat("en");

export const count = (n) => number.format(n);

export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

// "45 s", "3 min", "2 h 5 min", "12 d 3 h". The second unit only if it is not 0.
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  for (let i = 0; i < UNITS.length; ++i) {
    const [size, name] = UNITS[i];
    if (seconds < size && i + 1 < UNITS.length) continue;
    const whole = Math.floor(seconds / size);
    if (i > 1 || whole >= 10 && i > 0) return `${whole} ${name}`;
    const [smaller, smallerName] = UNITS[i + 1];
    const rest = Math.floor((seconds % size) / smaller);
    return rest ? `${whole} ${name} ${rest} ${smallerName}` : `${whole} ${name}`;
  }
  return "";
}

// "3 min ago", "in 3 min", "now"; both in milliseconds since 1970.
export function relative(time, now) {
  if (Math.abs(time - now) < 1000) return "now";
  return time < now ? `${duration(now - time)} ago`
                    : `in ${duration(time - now)}`;
}

export const ago = (time, now) => relative(Math.min(time, now), now);

export function rate(perSecond) {
  if (perSecond === 0) return "0";
  if (perSecond < 0.1) return "<0.1";
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond));
}

export function share(part, whole) {
  if (whole === 0) return "–";
  const percent = 100 * part / whole;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  if (percent < 100 && percent > 99.9) return ">99.9 %";
  return `${percent.toFixed(percent < 10 || percent > 99 ? 1 : 0)} %`
      .replace(".0 ", " ");
}

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  if (n < 1024 * 1024) return `${(n / 1024).toFixed(0)} KiB`;
  return `${(n / 1024 / 1024).toFixed(1)} MiB`;
}

// "2026-11-24 15:42:10 UTC" of seconds since 1970.
export function date(seconds) {
  const when = new Date(seconds * 1000);
  if (Number.isNaN(when.getTime())) return String(seconds);
  return when.toISOString().slice(0, 19).replace("T", " ") + " UTC";
}
