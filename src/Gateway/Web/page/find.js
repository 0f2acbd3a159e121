// @ts-check
// Finding devices, and looking at registers that no map describes yet.
import * as api from './api.js';
import { badge, fill, h, setText } from './dom.js';

/** @typedef {{ name: string, label: string, hint?: string, value?: string, required?: boolean, choices?: string[] }} Field */

/** @type {Field[]} */
const line = [
  { name: 'port', label: 'Serial port', hint: '/dev/ttyUSB0' },
  { name: 'host', label: 'or host on the network', hint: '10.0.0.7:502' },
];

/** What there is to look for, with what may be said of where.  @type {Record<string, { label: string, hint: string, fields: Field[] }>} */
const kinds = {
  modbus: {
    label: 'Modbus', hint: 'Asks each unit id in each baud rate and parity. A serial line takes minutes: name what you know.',
    fields: [...line, { name: 'baud', label: 'Baud rates', hint: 'all usual ones' }, { name: 'parity', label: 'Parities', hint: 'none,even,odd' }, { name: 'units', label: 'Unit ids', hint: '1-247' }, { name: 'timeout', label: 'Time for an answer', hint: '200 ms' }],
  },
  serial: { label: 'Serial ports', hint: 'Lists them, with names that stay when adapters change places.', fields: [] },
  i2c: { label: 'I²C', hint: 'Looks at each address, by reads.', fields: [{ name: 'bus', label: 'Adapter', hint: 'all' }] },
  onewire: { label: '1-Wire', hint: 'Lists thermometers, with their temperatures.', fields: [] },
  gpio: { label: 'GPIO', hint: 'Lists chips and lines; touches none.', fields: [] },
  sysfs: { label: 'What the kernel drives', hint: 'Sensors, power supplies, thermal zones and LEDs below /sys.', fields: [] },
};

/** @type {Field[]} */
const probeFields = [
  ...line,
  { name: 'baud', label: 'Baud rate', hint: '19200' }, { name: 'parity', label: 'Parity', hint: 'even' },
  { name: 'unit', label: 'Unit id', value: '1', required: true }, { name: 'table', label: 'Table', choices: ['holding', 'input', 'coil', 'discrete'] },
  { name: 'address', label: 'Address, from 0', value: '0', required: true }, { name: 'count', label: 'How many', value: '4', required: true },
];

/** @param {Field} field @param {string} form */
function input(field, form) {
  const id = `${form}-${field.name}`;
  const control = field.choices
    ? h('select', { id, name: field.name }, field.choices.map(choice => h('option', {}, choice)))
    : h('input', { id, name: field.name, placeholder: field.hint ?? '', value: field.value ?? '', required: field.required, autocomplete: 'off', spellcheck: 'false' });
  return h('div.field', {}, h('label', { for: id }, field.label), control);
}

/** What was filled in; what was left empty is not there.  @param {HTMLFormElement} form */
function filled(form) {
  /** @type {Record<string, string>} */
  const body = {};
  for (const [name, text] of new FormData(form)) if (String(text).trim() !== '') body[name] = String(text).trim();
  return body;
}

/** Anything that was found, in words.  @param {any} value @returns {string} */
function words(value) {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.every(item => typeof item !== 'object') ? value.join(', ') : value.map(words).join('; ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? Object.values(value).filter(item => item !== null).map(words).join(' ') : String(value);
}

/** `isUsed` as a heading: `is used`.  @param {string} key */
function heading(key) {
  return key.replace(/[A-Z]/g, capital => ` ${capital.toLowerCase()}`);
}

/** A table that grows by each thing found. */
class Finds {
  #head = h('tr');
  #body = h('tbody');
  /** @type {string[]} */
  #keys = [];

  constructor() {
    this.element = h('div.scroll', { tabindex: 0, hidden: true }, h('table', { 'aria-label': 'Found' }, h('thead', {}, this.#head), this.#body));
  }

  clear() {
    this.#keys = [];
    fill(this.#head);
    fill(this.#body);
    this.element.hidden = true;
  }

  /** @param {any} find */
  add(find) {
    if (this.#keys.length === 0) {
      this.#keys = Object.keys(find);
      fill(this.#head, this.#keys.map(key => h('th', { scope: 'col' }, heading(key))));
    }
    this.#body.append(h('tr', {}, this.#keys.map(key => h('td', {}, words(find[key])))));
    this.element.hidden = false;
  }
}

class Scan {
  /** @type {AbortController | null} */
  #running = null;
  #kind = h('select', { id: 'scan-kind', onchange: () => this.#choose() }, Object.entries(kinds).map(([kind, { label }]) => h('option', { value: kind }, label)));
  #hint = h('p.hint');
  #fields = h('div.fields');
  #start = h('button.primary', { type: 'submit' }, 'Scan');
  #stop = h('button', { type: 'button', hidden: true, onclick: () => this.abort() }, 'Stop');
  #bar = h('progress', { 'aria-label': 'Progress of the scan', hidden: true });
  #where = h('p.hint', { role: 'status' });
  #finds = new Finds();
  #map = h('div');

  constructor() {
    this.element = h('section.card', { 'aria-labelledby': 'scan-title' }, h('h2', { id: 'scan-title' }, 'Scan'),
      h('form', { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#run(/** @type {HTMLFormElement} */ (event.target)); } },
        h('div.field', {}, h('label', { for: 'scan-kind' }, 'Look for'), this.#kind), this.#hint, this.#fields, h('div.actions', {}, this.#start, this.#stop)),
      this.#bar, this.#where, this.#finds.element, this.#map);
    this.#choose();
  }

  abort() {
    this.#running?.abort();
  }

  #choose() {
    const { hint, fields } = kinds[this.#kind.value];
    setText(this.#hint, hint);
    fill(this.#fields, fields.map(field => input(field, 'scan')));
  }

  /** @param {HTMLFormElement} form */
  async #run(form) {
    const running = new AbortController();
    this.#running = running;
    this.#finds.clear();
    this.#show(null);
    this.#busy(true);
    setText(this.#where, 'Begins…');
    let found = 0;
    try {
      for await (const news of api.lines('api/scan', { kind: this.#kind.value, ...filled(form) }, running.signal)) {
        if (news.progress) this.#progress(news.progress, found);
        if (news.found) {
          found++;
          this.#finds.add(news.found);
        }
        if (news.end) {
          fill(this.#where, news.end.error ? badge('bad', 'bad', news.end.error) : badge('good', 'good', `Done: ${found} found.`));
          this.#show(news.end.map);
        }
      }
    } catch (error) {
      fill(this.#where, running.signal.aborted ? badge('stale', 'stale', `Stopped: ${found} found so far.`) : badge('bad', 'bad', /** @type {Error} */ (error).message));
    }
    this.#busy(false);
  }

  /** @param {string | null | undefined} map The lines of a map for what was found. */
  #show(map) {
    fill(this.#map, map && [h('h3', {}, 'For a map'), h('pre', { tabindex: 0 }, map)]);
  }

  /** @param {{ done: number, total: number, where?: string }} progress @param {number} found */
  #progress({ done, total, where }, found) {
    this.#bar.max = total || 1;
    this.#bar.value = done;
    setText(this.#where, `${total > 0 ? Math.floor(100 * done / total) : 0} %${where ? `, ${where}` : ''}; ${found} found`);
  }

  /** @param {boolean} isBusy */
  #busy(isBusy) {
    this.#start.disabled = isBusy;
    this.#stop.hidden = this.#bar.hidden = !isBusy;
    if (isBusy) this.#bar.removeAttribute('value');
  }
}

class Probe {
  #running = new AbortController();
  #bar = h('progress', { 'aria-label': 'Progress of the probe', hidden: true });
  #answer = h('div', { role: 'status' });

  constructor() {
    this.element = h('section.card', { 'aria-labelledby': 'probe-title' }, h('h2', { id: 'probe-title' }, 'Probe registers'),
      h('p.hint', {}, 'Reads a range and shows it, and the address before and behind it, as every type in every byte order. What is plausible is marked.'),
      h('form', { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#run(/** @type {HTMLFormElement} */ (event.target)); } },
        h('div.fields', {}, probeFields.map(field => input(field, 'probe'))), h('div.actions', {}, h('button.primary', { type: 'submit' }, 'Probe'))),
      this.#bar, this.#answer);
  }

  /** @param {HTMLFormElement} form */
  async #run(form) {
    const body = filled(form);
    fill(this.#answer, h('p.hint', {}, 'Reading…'));
    this.#running.abort();
    const running = new AbortController();
    this.#running = running;
    this.#bar.hidden = false;
    try {
      const asked = { kind: 'modbus', ...body, unit: Number(body.unit), address: Number(body.address), count: Number(body.count) };
      for await (const news of api.lines('api/probe', asked, running.signal)) {
        if (news.found) this.#show(news.found);
        if (news.end?.error) fill(this.#answer, badge('bad', 'bad', news.end.error));
      }
    } catch (error) {
      if (!running.signal.aborted) fill(this.#answer, badge('bad', 'bad', /** @type {Error} */ (error).message));
    }
    if (this.#running === running) this.#bar.hidden = true;
  }

  abort() {
    this.#running.abort();
  }

  /** @param {{ registers: Record<string, number>, bits: Record<string, boolean>, numbers: any[], failure: string | null }} found */
  #show({ registers, bits, numbers, failure }) {
    const contents = [
      ...Object.entries(bits).map(([address, bit]) => [address, bit ? '1' : '0', '']),
      ...Object.entries(registers).map(([address, word]) => [address, `0x${word.toString(16).toUpperCase().padStart(4, '0')}`, character(word >> 8) + character(word & 255)]),
    ];
    const orders = [...new Set(numbers.map(number => number.order))];
    /** @type {Map<string, any[]>} */
    const rows = new Map();
    for (const number of numbers) rows.set(`${number.address} ${number.type}`, [...rows.get(`${number.address} ${number.type}`) ?? [], number]);
    fill(this.#answer, failure && badge('bad', 'bad', failure),
      contents.length > 0 && table('Contents', ['address', 'raw', 'text'], contents),
      rows.size > 0 && table('As numbers', ['address', 'type', ...orders], [...rows.values()].map(row => [row[0].address, row[0].type, ...orders.map(order => {
        const number = row.find(number => number.order === order);
        return number ? number.isPlausible ? h('strong.plausible', {}, number.value, h('span.unseen', {}, ' plausible')) : number.value : '';
      })])));
  }
}

/** @param {number} byte */
function character(byte) {
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·';
}

/** @param {string} title @param {string[]} columns @param {any[][]} rows */
function table(title, columns, rows) {
  return h('div.scroll', { tabindex: 0 }, h('table', {}, h('caption', {}, title), h('thead', {}, h('tr', {}, columns.map(column => h('th', { scope: 'col' }, column)))),
    h('tbody', {}, rows.map(row => h('tr', {}, row.map(cell => h('td', {}, cell)))))));
}

export class FindView {
  title = 'Find devices';
  #scan = new Scan();
  #probe = new Probe();

  constructor() {
    this.element = h('div.view.find', {}, this.#scan.element, this.#probe.element);
  }

  enter() {
  }

  leave() {
    this.#scan.abort();
    this.#probe.abort();
  }
}
