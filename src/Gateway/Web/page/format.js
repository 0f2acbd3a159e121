// @ts-check
// Numbers and times as people read them; the same units as the terminal's.

/** Added to this machine's clock it is the gateway's, in ms. */
let clockOffset = 0;

/**
 * Takes the gateway's clock, by which ages are reckoned. The header has whole seconds, so that less than two are no difference.
 * @param {string | null} date The header Date of an answer.
 */
export function setClock(date) {
  const offset = date === null ? NaN : Date.parse(date) - Date.now();
  clockOffset = Math.abs(offset) > 2000 ? offset : 0;
}

/** The gateway's time, ms. */
export function now() {
  return Date.now() + clockOffset;
}

/**
 * The time since then in its largest fitting unit: `now`, `12 s`, `3 min`, `5 h`, `2 d`.
 * @param {string | null | undefined} time ISO 8601
 */
export function age(time) {
  if (!time) return '–';
  const seconds = Math.max(0, (now() - Date.parse(time)) / 1000);
  if (seconds < 2) return 'now';
  if (seconds < 100) return `${Math.floor(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

/**
 * `since 3 min`; a moment ago it is `just now`.
 * @param {string | null | undefined} time ISO 8601
 */
export function since(time) {
  const text = age(time);
  return text === 'now' ? 'just now' : `since ${text}`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return `${number(share * 100, 1)} %`;
}

/**
 * A number without noise behind the point.
 * @param {number} value
 * @param {number} digits Behind the point, at most.
 */
export function number(value, digits) {
  return String(Number(value.toFixed(digits)));
}

/** @param {number} milliseconds */
export function milliseconds(milliseconds) {
  return `${number(milliseconds, milliseconds < 10 ? 1 : 0)} ms`;
}

/**
 * A count with groups of three: `12 345`.
 * @param {number} value
 */
export function count(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/**
 * `1 reading`, `12 345 readings`
 * @param {number} value
 * @param {string} what
 */
export function plural(value, what) {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}

/**
 * A value as a row shows it: numbers with what the eye can take, all else as it is.
 * @param {any} value
 */
export function value(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return value.toPrecision(6);
  return size >= 1 ? number(value, size >= 1000 ? 1 : size >= 100 ? 2 : 3) : String(Number(value.toPrecision(4)));
}

/** @typedef {import('./live.js').PointReading} PointReading */

/**
 * How a point is to be looked at: its quality; `unread` if there is nothing to read yet, or ever.
 * @param {PointReading} point
 */
export function tone(point) {
  return point.reason === 'write-only' ? 'unread' : point.quality ?? 'unread';
}

/** What is said of a quality.  @param {PointReading} point */
export function quality(point) {
  if (point.reason === 'write-only') return 'write-only';
  return point.quality === null ? 'not read yet' : point.reason ? `${point.quality}: ${point.reason}` : point.quality;
}

/**
 * A time of day, with the date where it is not today's.
 * @param {string | number} time
 */
export function clock(time) {
  const date = new Date(time);
  const day = date.toDateString() === new Date().toDateString() ? '' : `${date.toLocaleDateString()} `;
  return day + date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
}

/**
 * The reasons of errors with their counts: `12 timeout, 3 crc`.
 * @param {Record<string, number>} errors
 */
export function errors(errors) {
  const entries = Object.entries(errors ?? {});
  return entries.length === 0 ? 'none' : entries.map(([reason, times]) => `${count(times)} ${reason}`).join(', ');
}
