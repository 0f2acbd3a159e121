// @ts-check
// The first steps of a new gateway: its name, where it sends to, its first bus; then what will be written, before it is.
import * as api from './api.js';
import { badge, fill, h } from './dom.js';

/** @typedef {{ key: string, label: string, value?: string, hint?: string, choices?: string[] }} Key */

/** A first bus with a first device, in the keys of a map.  @type {Record<string, { label: string, bus: [string, string][], keys: Key[], device: Key[] }>} */
const buses = {
  none: { label: 'Later', bus: [], keys: [], device: [] },
  rtu: {
    label: 'Modbus on a serial line (RS-485)', bus: [['modbus', 'rtu']],
    keys: [{ key: 'port', label: 'Serial port', value: '/dev/ttyUSB0' }, { key: 'baud', label: 'Baud rate', value: '9600' }, { key: 'parity', label: 'Parity', choices: ['none', 'even', 'odd'] }],
    device: [{ key: 'name', label: 'Name of the device', value: 'meter' }, { key: 'profile', label: 'Profile', value: 'eastron/sdm630', hint: 'gateway maps list' }, { key: 'unit', label: 'Unit id', value: '1' }],
  },
  tcp: {
    label: 'Modbus on the network', bus: [['modbus', 'tcp']],
    keys: [{ key: 'host', label: 'Host', hint: '10.0.0.7' }, { key: 'port', label: 'Port', value: '502' }],
    device: [{ key: 'name', label: 'Name of the device', value: 'inverter' }, { key: 'profile', label: 'Profile', value: 'sunspec/inverter', hint: 'gateway maps list' }, { key: 'unit', label: 'Unit id', value: '1' }],
  },
  i2c: {
    label: 'A sensor on I²C', bus: [],
    keys: [{ key: 'i2c', label: 'Adapter', value: '1' }],
    device: [{ key: 'name', label: 'Name of the device', value: 'attic' }, { key: 'sensor', label: 'Sensor', value: 'bme280' }, { key: 'address', label: 'Address', value: '0x76' }],
  },
  onewire: {
    label: 'A thermometer on 1-Wire', bus: [],
    keys: [{ key: 'onewire', label: 'Bus', value: '1' }],
    device: [{ key: 'name', label: 'Name of the device', value: 'boiler' }, { key: 'sensor', label: 'Sensor', value: 'ds18b20' }, { key: 'id', label: 'Id', hint: '28-00000a1b2c3d' }],
  },
};

/** @param {Key} key @param {string} part */
function field({ key, label, value = '', hint = '', choices }, part) {
  const id = `${part}-${key}`;
  return h('div.field', {}, h('label', { for: id }, label), choices
    ? h('select', { id, name: id }, choices.map(choice => h('option', {}, choice)))
    : h('input', { id, name: id, value, placeholder: hint, required: true, autocomplete: 'off', spellcheck: 'false' }));
}

export class Setup {
  #uplink = h('div.fields', { hidden: true },
    h('div.field.long', {}, h('label', { for: 'uplink-url' }, 'Address'), h('input', { id: 'uplink-url', name: 'uplink-url', value: 'mqtt://192.168.1.10:1883', autocomplete: 'off', spellcheck: 'false' })),
    h('div.field', {}, h('label', { for: 'uplink-username' }, 'User (may be empty)'), h('input', { id: 'uplink-username', name: 'uplink-username', autocomplete: 'off', autocapitalize: 'none' })),
    h('div.field', {}, h('label', { for: 'uplink-password' }, 'Password (may be empty)'), h('input', { id: 'uplink-password', name: 'uplink-password', type: 'password', autocomplete: 'new-password' })));
  #bus = h('div.fields');
  #kind = h('select', { id: 'kind', onchange: () => this.#choose() }, Object.entries(buses).map(([kind, { label }]) => h('option', { value: kind }, label)));
  #preview = h('div.preview', { role: 'status' });
  /** @type {HTMLFormElement} */
  #form;
  #whenDone;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #waiting;

  #canWrite;

  /**
   * The guide, where there is something to set up and nobody has put it off.
   * @param {() => void} whenDone
   */
  static async find(whenDone) {
    const state = await api.get('api/setup').catch(() => null);
    if (!state?.needed) localStorage.removeItem('setup');
    return state?.needed && localStorage.getItem('setup') !== 'later' ? new Setup(state, whenDone) : null;
  }

  /** The guide again, for whom it was put off. */
  static resume() {
    localStorage.removeItem('setup');
    location.reload();
  }

  /**
   * @param {{ site: string, configuration: string, canWrite: boolean }} state
   * @param {() => void} whenDone
   */
  constructor({ site, configuration, canWrite }, whenDone) {
    this.#whenDone = whenDone;
    this.#canWrite = canWrite;
    const sends = h('input', { type: 'checkbox', name: 'sends', onchange: () => { this.#uplink.hidden = !sends.checked; } });
    this.#form = h('form', { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#send(false); }, oninput: () => fill(this.#preview) },
      h('fieldset', {}, h('legend', {}, '1. Its name'),
        h('div.field', {}, h('label', { for: 'site' }, 'Site, the first part of every topic'), h('input', { id: 'site', name: 'site', value: site, required: true, autocomplete: 'off', spellcheck: 'false' }))),
      h('fieldset', {}, h('legend', {}, '2. Where it sends to'),
        h('label.check', {}, sends, 'To a broker of mine, too'),
        h('p.hint', {}, 'Without one, the broker in this gateway serves whoever is on site.'), this.#uplink),
      h('fieldset', {}, h('legend', {}, '3. Its first bus'),
        h('div.field', {}, h('label', { for: 'kind' }, 'What hangs on it'), this.#kind), this.#bus),
      h('div.actions', {}, h('button.primary', { type: 'submit' }, 'Show what will be written'),
        h('button', { type: 'button', onclick: () => { localStorage.setItem('setup', 'later'); whenDone(); } }, 'Not now')), this.#preview);
    this.element = h('main.sheet.setup', {}, h('img', { src: 'icon.svg', alt: '', width: 56, height: 56 }), h('h1', {}, 'A new gateway'),
      h('p', {}, 'Three answers, and it runs. They become files with comments, ', h('code', {}, configuration), ' and a map beside it, which you can edit at any time.'), this.#form);
  }

  focus() {
    /** @type {HTMLElement} */ (this.#form.elements.namedItem('site')).focus();
  }

  #choose() {
    const { keys, device } = buses[this.#kind.value];
    fill(this.#bus, keys.map(key => field(key, 'bus')), device.map(key => field(key, 'device')));
  }

  /** The answers, as the gateway takes them.  @param {boolean} write */
  #answers(write) {
    const given = new FormData(this.#form);
    const text = (/** @type {string} */ name) => String(given.get(name) ?? '').trim();
    const { bus, keys, device } = buses[this.#kind.value];
    return {
      site: text('site'),
      uplink: given.has('sends') ? { url: text('uplink-url'), username: text('uplink-username') || null, password: String(given.get('uplink-password') ?? '') || null } : null,
      bus: this.#kind.value === 'none' ? null : { keys: [...bus, ...keys.map(({ key }) => [key, text(`bus-${key}`)])], device: device.map(({ key }) => [key, text(`device-${key}`)]) },
      write,
    };
  }

  /** @param {boolean} write */
  async #send(write) {
    try {
      const { files, problems } = await api.send('POST', 'api/setup', this.#answers(write));
      if (write && problems.length === 0) this.#whenDone();
      else this.#show(files, problems);
    } catch (error) {
      fill(this.#preview, badge('bad', 'bad', /** @type {Error} */ (error).message));
    }
  }

  /**
   * @param {{ path: string, text: string }[]} files
   * @param {string[]} problems
   */
  #show(files, problems) {
    fill(this.#preview, problems.map(problem => h('p', {}, badge('bad', 'bad', problem))),
      problems.length === 0 && !this.#canWrite && h('p.hint', {}, 'The gateway may not write there, which is as it should be for a service. Put these files there with an editor and ',
        h('code', {}, 'sudo'), ', or answer the same questions on that machine with ', h('code', {}, 'sudo gateway init'), '. This page goes on by itself.'),
      files.map(file => h('figure', {}, h('figcaption', {}, h('code', {}, file.path)), h('pre', { tabindex: 0 }, file.text))),
      problems.length === 0 && this.#canWrite && h('button.primary', { type: 'button', onclick: () => void this.#send(true) }, 'Write it, and start'));
    if (!this.#canWrite) this.#await();
  }

  /** Goes on once somebody else has written the files. */
  #await() {
    this.#waiting ??= setInterval(async () => {
      if (!this.element.isConnected) return clearInterval(this.#waiting);
      const state = await api.get('api/setup').catch(() => null);
      if (state?.needed === false) {
        clearInterval(this.#waiting);
        this.#whenDone();
      }
    }, 3000);
  }
}
