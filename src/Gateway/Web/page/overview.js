// @ts-check
// The way of the readings at a glance: devices, queue, uplink, and the broker on site.
import { age, count, percent, plural, since, size } from './format.js';
import { badge, fill, h, icon, setClass, setText } from './dom.js';

/** @typedef {{ tone: string, headline: string, detail: string }} Summary */

class Tile {
  #headline = h('strong.headline');
  #detail = h('span.detail');

  /**
   * @param {import('./dom.js').Picture} picture
   * @param {string} title
   * @param {string} anchor The part of the system's view that has more.
   */
  constructor(picture, title, anchor) {
    this.element = h('a.tile', { href: `#/system/${anchor}` }, h('span.title', {}, icon(picture), title), this.#headline, this.#detail);
  }

  /** @param {Summary} summary */
  show({ tone, headline, detail }) {
    setClass(this.element, `tile ${tone}`);
    setText(this.#headline, headline);
    setText(this.#detail, detail);
  }
}

/** @param {any} status @returns {Summary} */
function devices(status) {
  const all = status.buses.flatMap((/** @type {any} */ bus) => bus.devices);
  const offline = all.filter((/** @type {any} */ device) => device.isOnline === false);
  const busiest = Math.max(0, ...status.buses.map((/** @type {any} */ bus) => bus.utilisation));
  const detail = `${plural(status.buses.length, 'bus').replace('buss', 'buses')}, the busiest ${percent(busiest)}`;
  if (all.length === 0) return { tone: 'quiet', headline: 'none', detail: 'Nothing is polled.' };
  return offline.length === 0
    ? { tone: 'good', headline: `${all.length} online`, detail }
    : { tone: 'bad', headline: `${offline.length} of ${all.length} offline`, detail: offline.slice(0, 3).map((/** @type {any} */ device) => device.name).join(', ') };
}

/** @param {any} status @returns {Summary} */
function queue(status) {
  const { depth, bytes, oldest, hoursLeft, dropped, problem } = status.queue;
  if (problem) return { tone: 'bad', headline: plural(depth, 'reading'), detail: problem };
  const lost = dropped > 0 ? `${count(dropped)} dropped` : '';
  if (depth === 0) return { tone: dropped > 0 ? 'uncertain' : 'good', headline: 'empty', detail: lost || 'Nothing waits.' };
  const left = hoursLeft === null || hoursLeft === undefined ? '' : `full in ${Math.round(hoursLeft * 10) / 10} h`;
  return {
    tone: hoursLeft !== null && hoursLeft < 24 || dropped > 0 ? 'uncertain' : 'good',
    headline: `${count(depth)} waiting`,
    detail: [left, oldest ? `oldest ${age(oldest)}` : '', lost, size(bytes)].filter(Boolean).slice(0, 3).join(', '),
  };
}

/** @param {any} status @returns {Summary} */
function uplink(status) {
  const uplinks = status.uplinks;
  if (uplinks.length === 0) return { tone: 'quiet', headline: 'none', detail: 'Only the broker on site.' };
  const away = uplinks.find((/** @type {any} */ uplink) => !uplink.isConnected) ?? uplinks.find((/** @type {any} */ uplink) => uplink.hindrance);
  if (!away) return { tone: 'good', headline: 'connected', detail: since(uplinks[0].since) };
  return { tone: 'bad', headline: away.isConnected ? 'refuses' : 'away', detail: `${away.isConnected ? away.hindrance : away.reason ?? ''} (${since(away.since)})` };
}

/** @param {any} status @returns {Summary} */
function broker(status) {
  const { listeners, clients } = status.broker;
  // A listener is its address, or a sentence that says why it is not there.
  const troubled = listeners.find((/** @type {string} */ listener) => listener.includes(' '));
  return { tone: troubled ? 'bad' : 'good', headline: plural(clients, 'client'), detail: troubled ?? listeners[0] ?? 'no listener' };
}

/** Four tiles; between the first three readings flow. */
export class Overview {
  #devices = new Tile('devices', 'Devices', 'buses');
  #queue = new Tile('queue', 'Queue', 'queue');
  #uplink = new Tile('uplink', 'Uplink', 'uplinks');
  #broker = new Tile('broker', 'On site', 'broker');
  #notes = h('div.notes');
  #said = '';
  #way = h('div.way', {}, this.#devices.element, this.#queue.element, this.#uplink.element, this.#broker.element);

  constructor() {
    this.element = h('section.overview', { 'aria-label': 'At a glance' }, this.#way, this.#notes);
  }

  /** @param {any} status */
  show(status) {
    this.#devices.show(devices(status));
    this.#queue.show(queue(status));
    this.#uplink.show(uplink(status));
    this.#broker.show(broker(status));
    const polls = status.buses.some((/** @type {any} */ bus) => bus.devices.some((/** @type {any} */ device) => device.isOnline));
    const sends = status.uplinks.some((/** @type {any} */ uplink) => uplink.isConnected && !uplink.hindrance);
    setClass(this.#way, `way${polls ? ' polls' : ''}${sends ? ' sends' : status.uplinks.length > 0 ? ' waits' : ''}`);
    const notes = [
      status.isClockSynchronised === false && 'The clock is not synchronised since the machine started: readings are marked, and those that wait are corrected once it is.',
      status.broker.problem && `Sessions and retained messages of the broker are not on the disk: ${status.broker.problem}.`,
      status.memoryProblem && `Counts and states of outputs are kept in memory only: ${status.memoryProblem}.`,
    ].filter(Boolean);
    const said = notes.join('\n');
    if (this.#said !== said) {
      this.#said = said;
      fill(this.#notes, notes.map(note => h('p.note', {}, badge('warning', 'uncertain', String(note)))));
    }
  }
}
