// @ts-check
// Each device with its points. A thousand of them change each second: a row is made once, and of it only what differs is touched.
import { age, quality, since, tone, value } from './format.js';
import { fill, h, icon, setClass, setText } from './dom.js';
import { nameOf } from './live.js';

const filterFrom = 12;

/** How many numbers of a point make its digits. */
const remembered = 10;

/** @typedef {import('./live.js').PointReading} PointReading */

class Row {
  #value = h('span.value');
  #quality = h('span.quality');
  #age = h('span.age');
  /** @type {string | null | undefined} */
  #shownQuality;
  /** How many digits behind the point the last numbers had, the newest first.  @type {number[]} */
  #digits = [];

  /** @param {PointReading} point */
  constructor(point) {
    this.point = point;
    this.element = h('a.point', { href: `#/live/${encodeURIComponent(nameOf(point))}` },
      h('span.name', {}, point.point, point.isWritable && icon('edit'), point.isWritable && h('span.unseen', {}, ' (writable)')),
      this.#value, h('span.unit', {}, point.unit ?? ''), this.#age, this.#quality);
    this.item = h('li', {}, this.element);
    this.show(point);
  }

  /** @param {PointReading} point */
  show(point) {
    this.point = point;
    setText(this.#value, this.#steady(value(point.value)));
    const words = quality(point);
    if (words !== this.#shownQuality) {
      this.#shownQuality = words;
      setClass(this.element, `point ${tone(point)}`);
      // Good is what is expected: it is said to those who hear, and takes no room from those who see.
      if (point.quality === 'good') fill(this.#quality, h('span.unseen', {}, ' good '));
      else fill(this.#quality, icon(/** @type {any} */ (tone(point))), h('span', {}, words));
    }
    this.tick();
  }

  /**
   * Keeps the point of a number where it is: as many digits behind it as the last numbers had, so that `21.5` and `22` stay in line. One that had
   * more is forgotten after some that had fewer.
   * @param {string} text
   */
  #steady(text) {
    if (typeof this.point.value !== 'number' || text.includes('e')) return text;
    const at = text.indexOf('.');
    this.#digits = [at < 0 ? 0 : text.length - at - 1, ...this.#digits].slice(0, remembered);
    const most = Math.max(...this.#digits);
    return most > this.#digits[0] ? Number(text).toFixed(most) : text;
  }

  tick() {
    setText(this.#age, age(this.point.time));
  }
}

class Card {
  #state = h('span.badge');
  #words = '';

  /**
   * @param {string} device
   * @param {Row[]} rows
   */
  constructor(device, rows) {
    this.device = device;
    this.rows = rows;
    this.bus = h('span.bus');
    this.element = h('article.card.device', {},
      h('header', {}, h('div', {}, h('h3', {}, device), this.bus), this.#state),
      h('ul.points', { 'aria-label': `Points of ${device}` }, rows.map(row => row.item)));
    // About its height, until the browser has laid it out.
    this.element.style.containIntrinsicHeight = `auto ${5.5 + 2.4 * rows.length}rem`;
  }

  /**
   * @param {any} device
   * @param {string} bus
   */
  show(device, bus) {
    setText(this.bus, bus);
    const words = device.isOnline === null || device.isOnline === undefined ? 'not read yet'
      : device.isOnline ? 'online' : `offline ${since(device.since)}${device.reason ? `: ${device.reason}` : ''}`;
    if (words === this.#words) return;
    this.#words = words;
    const [picture, tone] = device.isOnline === true ? ['good', 'good'] : device.isOnline === false ? ['bad', 'bad'] : ['unread', 'quiet'];
    setClass(this.#state, `badge ${tone}`);
    fill(this.#state, icon(/** @type {any} */ (picture)), h('span', {}, words));
    setClass(this.element, `card device ${tone}`);
  }
}

/** The cards of all devices, and the field that looks among them. */
export class Devices {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Card[]} */
  #cards = [];
  /** @type {Map<string, PointReading>} */
  #waiting = new Map();
  #isDrawing = false;
  #grid = h('div.cards');
  #count = h('p.unseen', { role: 'status' });
  #words = h('input', { type: 'search', placeholder: 'Find a point', 'aria-label': 'Find a point', oninput: () => this.#filter() });
  #onlyTroubled = h('input', { type: 'checkbox', onchange: () => this.#filter() });
  #tools = h('div.tools', {}, this.#words, h('label.check', {}, this.#onlyTroubled, 'Only what is not good'));
  #nothing = h('p.empty', { hidden: true }, 'No point has this name.');

  constructor() {
    this.element = h('section.devices', { 'aria-label': 'Devices' }, this.#tools, this.#count, this.#nothing, this.#grid);
  }

  /**
   * Makes all rows anew.
   * @param {Iterable<PointReading>} points
   */
  list(points) {
    this.#rows.clear();
    /** @type {Map<string, Row[]>} */
    const devices = new Map();
    for (const point of points) {
      const row = new Row(point);
      this.#rows.set(nameOf(point), row);
      devices.set(point.device, [...devices.get(point.device) ?? [], row]);
    }
    this.#cards = [...devices].map(([device, rows]) => new Card(device, rows));
    this.#tools.hidden = this.#rows.size < filterFrom;
    fill(this.#grid, this.#cards.map(card => card.element));
    this.#filter();
  }

  /**
   * Shows new readings with the browser's next picture; of several of a point the newest.
   * @param {PointReading[]} news
   */
  update(news) {
    for (const point of news) this.#waiting.set(nameOf(point), point);
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      for (const [name, point] of this.#waiting) this.#rows.get(name)?.show(point);
      this.#waiting.clear();
      if (this.#onlyTroubled.checked) this.#filter();
    });
  }

  /** @param {any} status */
  show(status) {
    const known = new Map(status.buses.flatMap((/** @type {any} */ bus) => bus.devices.map((/** @type {any} */ device) => [device.name, { device, bus: bus.name }])));
    for (const card of this.#cards) {
      const found = known.get(card.device);
      if (found) card.show(found.device, found.bus);
    }
  }

  /** A second has passed. */
  tick() {
    for (const row of this.#rows.values()) if (!row.item.hidden) row.tick();
  }

  #filter() {
    const words = this.#words.value.trim().toLowerCase();
    let shown = 0;
    for (const card of this.#cards) {
      let hasAny = false;
      for (const row of card.rows) {
        const isShown = (words === '' || nameOf(row.point).toLowerCase().includes(words)) && (!this.#onlyTroubled.checked || !['good', 'unread'].includes(tone(row.point)));
        if (row.item.hidden === isShown) row.item.hidden = !isShown;
        hasAny ||= isShown;
        if (isShown) shown++;
      }
      if (card.element.hidden === hasAny) card.element.hidden = !hasAny;
    }
    setText(this.#nothing, words === '' ? 'Every point is good.' : 'No point has this name.');
    this.#nothing.hidden = shown > 0 || this.#rows.size === 0;
    if (!this.#tools.hidden) setText(this.#count, words === '' && !this.#onlyTroubled.checked ? '' : `${shown} shown`);
  }
}
