// @ts-check
// The course of one point: a chart that is asked for finer the closer it is looked at, and what it says in words.
import * as api from './api.js';
import { Chart } from './charts.js';
import { clock, now, number, value } from './format.js';
import { fill, h, setText } from './dom.js';

const hour = 3_600_000;
const ranges = /** @type {const} */ ([['1 h', hour], ['6 h', 6 * hour], ['1 day', 24 * hour], ['1 week', 168 * hour], ['1 month', 720 * hour]]);
const renewalMilliseconds = 5000;
const buckets = 400;

/** @typedef {import('./charts.js').Series & { unit: string | null, note?: string }} History */

export class HistoryChart {
  /** @type {Chart | null} */
  #chart = null;
  /** @type {History | null} */
  #history = null;
  #range = hour;
  /** What was zoomed to; null: up to now.  @type {{ from: number, to: number } | null} */
  #zoom = null;
  #aborting = new AbortController();
  #host = h('div.plot', { tabindex: 0, role: 'img', onkeydown: (/** @type {KeyboardEvent} */ event) => this.#press(event), ondblclick: () => this.#leaveZoom() });
  #readout = h('p.readout', { 'aria-live': 'off' });
  #summary = h('figcaption');
  #whole = h('button', { type: 'button', hidden: true, onclick: () => this.#leaveZoom() }, 'Whole range');
  #ranges = ranges.map(([name, range]) => h('button', { type: 'button', 'aria-pressed': range === hour, onclick: () => this.#choose(range) }, name));
  #timer;
  #scheme = matchMedia('(prefers-color-scheme: dark)');
  #redraw = () => this.#drawAnew();

  /**
   * @param {string} name DEVICE.POINT, or `$queue.depth`.
   * @param {boolean} isStepped Whether its values hold until the next, as switches do.
   */
  constructor(name, isStepped = false) {
    this.name = name;
    this.isStepped = isStepped;
    this.element = h('figure.history', {},
      h('div.ranges', { role: 'group', 'aria-label': 'Range' }, this.#ranges, this.#whole), this.#readout, this.#host, this.#summary);
    this.#scheme.addEventListener('change', this.#redraw);
    document.addEventListener('themechange', this.#redraw);
    this.#timer = setInterval(() => { if (this.#zoom === null && this.#range <= 6 * hour && !document.hidden) void this.#load(); }, renewalMilliseconds);
    void this.#load();
  }

  close() {
    clearInterval(this.#timer);
    this.#scheme.removeEventListener('change', this.#redraw);
    document.removeEventListener('themechange', this.#redraw);
    this.#aborting.abort();
    this.#chart?.close();
  }

  async #load() {
    this.#aborting.abort();
    const aborting = new AbortController();
    this.#aborting = aborting;
    const query = new URLSearchParams({ name: this.name, buckets: String(buckets) });
    if (this.#zoom !== null || this.#range !== hour) {
      const { from, to } = this.#zoom ?? { from: now() - this.#range, to: now() };
      query.set('from', new Date(from).toISOString());
      query.set('to', new Date(to).toISOString());
    }
    try {
      this.#history = await api.get(`api/history?${query}`, aborting.signal);
      if (!aborting.signal.aborted) this.#show();
    } catch (error) {
      if (!aborting.signal.aborted) this.#say(/** @type {Error} */ (error).message);
    }
  }

  #show() {
    const history = /** @type {History} */ (this.#history);
    const means = history.mean.filter(mean => mean !== null);
    if (means.length === 0) {
      this.#say(history.note ?? 'Nothing is recorded of this range yet.');
      return;
    }
    if (this.#chart === null) this.#drawAnew();
    else this.#chart.update(history);
    const least = Math.min(...history.min.filter(least => least !== null));
    const most = Math.max(...history.max.filter(most => most !== null));
    const mean = means.reduce((sum, mean) => sum + mean, 0) / means.length;
    const words = `Least ${this.#text(least)}, mean ${this.#text(mean)}, most ${this.#text(most)}.`;
    setText(this.#summary, words);
    this.#host.setAttribute('aria-label', `Course of ${this.name}. ${words} Arrow keys move, plus and minus zoom.`);
  }

  /** @param {string} words Why there is no chart. */
  #say(words) {
    this.#chart?.close();
    this.#chart = null;
    fill(this.#host, h('p.empty', {}, words));
    setText(this.#summary, '');
    setText(this.#readout, '');
  }

  #drawAnew() {
    if (this.#history === null || !this.#host.isConnected) return;
    this.#chart?.close();
    fill(this.#host);
    this.#chart = new Chart(this.#host, this.#history, {
      isStepped: this.isStepped,
      whenHovered: index => this.#read(index),
      whenZoomed: (from, to) => this.#zoomTo(from, to),
    });
  }

  /** @param {number | null} index */
  #read(index) {
    const history = this.#history;
    const mean = index === null ? null : history?.mean[index] ?? null;
    if (history === null || index === null || mean === null) {
      setText(this.#readout, '');
      return;
    }
    const [least, most] = [history.min[index], history.max[index]];
    const span = least !== null && most !== null && least !== most ? ` (${value(least)} to ${value(most)})` : '';
    setText(this.#readout, `${clock(history.times[index])}   ${this.#text(mean)}${span}`);
  }

  /** @param {number} shown */
  #text(shown) {
    const unit = this.#history?.unit;
    return `${value(Number(number(shown, 6)))}${unit ? ` ${unit}` : ''}`;
  }

  /** @param {number} range */
  #choose(range) {
    this.#range = range;
    ranges.forEach(([, other], index) => this.#ranges[index].setAttribute('aria-pressed', String(other === range)));
    this.#leaveZoom();
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #zoomTo(from, to) {
    this.#zoom = { from, to };
    this.#whole.hidden = false;
    void this.#load();
  }

  #leaveZoom() {
    this.#zoom = null;
    this.#whole.hidden = true;
    void this.#load();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { from, to } = this.#zoom ?? { from: now() - this.#range, to: now() };
    const width = to - from;
    const [shift, factor] = { ArrowLeft: [-0.25, 1], ArrowRight: [0.25, 1], '+': [0, 0.5], '-': [0, 2] }[event.key] ?? [0, 1];
    if (shift === 0 && factor === 1) return;
    event.preventDefault();
    const middle = (from + to) / 2 + shift * width;
    this.#zoomTo(middle - width * factor / 2, Math.min(middle + width * factor / 2, now()));
  }
}
