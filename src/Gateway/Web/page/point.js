// @ts-check
// One point: its value, its course, and what may be written to it.
import * as api from './api.js';
import { age, quality, tone, value } from './format.js';
import { badge, fill, h, icon, setText } from './dom.js';
import { HistoryChart } from './history.js';
import { live, nameOf } from './live.js';

/** @typedef {import('./live.js').PointReading} PointReading */

/** The dialog of a point. */
export class PointDialog {
  /** @type {HistoryChart | null} */
  #history = null;
  /** @type {(() => void)[]} */
  #leaving = [];
  #value = h('p.big');
  #state = h('p.state');
  #title = h('h2', { id: 'point-title' });
  #body = h('div.body');

  /** @param {() => void} whenClosed */
  constructor(whenClosed) {
    const close = h('button.close', { type: 'button', 'aria-label': 'Close', onclick: () => this.element.close() }, icon('bad'));
    this.element = h('dialog', { 'aria-labelledby': 'point-title', onclick: (/** @type {MouseEvent} */ event) => this.#clickBeside(event) },
      h('header', {}, this.#title, close), h('div.now', {}, this.#value, this.#state), this.#body);
    this.element.addEventListener('close', () => {
      this.leave();
      whenClosed();
    });
  }

  /** @param {string} name DEVICE.POINT */
  open(name) {
    this.leave();
    setText(this.#title, name);
    if (!this.element.open) this.element.showModal();
    const point = live.points.get(name);
    if (!point) {
      setText(this.#value, '–');
      fill(this.#state, live.points.size === 0 ? 'Waiting for the first values…' : 'There is no such point.');
      fill(this.#body);
      this.#leaving = [live.on('list', () => this.open(name))];
      return;
    }
    const isNumeric = typeof point.value === 'number' || typeof point.value === 'boolean' || point.value === null;
    this.#history = isNumeric && point.reason !== 'write-only' ? new HistoryChart(name, typeof point.value === 'boolean') : null;
    fill(this.#body, this.#history?.element ?? null, point.isWritable ? new WriteForm(point).element : null);
    const show = () => this.#show(live.points.get(name));
    const timer = setInterval(show, 1000);
    this.#leaving = [live.on('points', show), live.on('list', show), () => clearInterval(timer)];
    show();
  }

  /** Ends what goes on while it is open. */
  leave() {
    this.#history?.close();
    this.#history = null;
    this.#leaving.forEach(leave => leave());
    this.#leaving = [];
  }

  /** @param {PointReading | undefined} point */
  #show(point) {
    if (!point) return;
    fill(this.#value, value(point.value), point.unit && h('span.unit', {}, ` ${point.unit}`));
    const time = point.time ? h('time', { datetime: point.time, title: point.time }, age(point.time) === 'now' ? 'read now' : `read ${age(point.time)} ago`) : null;
    fill(this.#state, badge(/** @type {any} */ (tone(point)), tone(point) === 'unread' ? 'quiet' : tone(point), quality(point)), time);
  }

  /** @param {MouseEvent} event */
  #clickBeside(event) {
    const box = this.element.getBoundingClientRect();
    const isInside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!isInside && event.target === this.element) this.element.close();
  }
}

/** Asks for a value, asks again, writes it, and says what was read back. */
class WriteForm {
  #field;
  #answer = h('p.answer', { role: 'status' });
  #actions = h('div.actions');
  /** @type {HTMLElement} */
  #form;
  /** @type {string} */
  #kind;

  /** @param {PointReading} point */
  constructor(point) {
    this.point = point;
    this.#kind = kindOf(point);
    const { choices: texts, minimum, maximum } = point.write ?? {};
    const choices = this.#kind === 'bit' ? ['on', 'off'] : texts ?? null;
    const current = value(point.value);
    const range = rangeOf(minimum, maximum, point.unit);
    this.#field = choices
      ? h('select', { id: 'write-value' }, choices.map(choice => h('option', { selected: choice === current }, choice)))
      : h('input', { id: 'write-value', autocomplete: 'off', required: true, inputmode: this.#kind === 'number' ? 'decimal' : 'text', 'aria-describedby': range ? 'write-range' : null, value: point.value === null ? '' : String(point.value) });
    this.#form = h('form.write', { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); this.#confirm(); } },
      h('label', { for: 'write-value' }, 'Write a value'), h('div.line', {}, this.#field, this.#actions), range && h('p.hint', { id: 'write-range' }, range), this.#answer);
    this.element = this.#form;
    this.#ask();
  }

  #ask() {
    this.#field.disabled = false;
    fill(this.#actions, h('button.primary', { type: 'submit' }, 'Write…'));
  }

  #confirm() {
    const text = this.#field.value;
    this.#field.disabled = true;
    const unit = this.point.unit ? ` ${this.point.unit}` : '';
    fill(this.#answer, `This sets ${nameOf(this.point)} to `, h('strong', {}, text + unit), ' on the real device.');
    const sure = h('button.danger', { type: 'button', onclick: () => this.#write(text) }, `Yes, write ${text}`);
    fill(this.#actions, sure, h('button', { type: 'button', onclick: () => { fill(this.#answer); this.#ask(); this.#field.focus(); } }, 'Cancel'));
    sure.focus();
  }

  /** @param {string} text */
  async #write(text) {
    fill(this.#actions, h('span.busy', {}, 'Writing…'));
    try {
      const [readBack] = await api.send('PUT', `api/points?name=${encodeURIComponent(nameOf(this.point))}`, parse(text, this.#kind));
      fill(this.#answer, badge('good', 'good', `Written; it reads ${value(readBack.value)}${readBack.unit ? ` ${readBack.unit}` : ''} now.`));
    } catch (error) {
      fill(this.#answer, badge('bad', 'bad', /** @type {Error} */ (error).message));
    }
    this.#ask();
    this.#field.focus();
  }
}

/** @param {PointReading} point What is to be written: what its map says, or else what it has now. */
function kindOf(point) {
  const kind = point.write?.kind ?? 'unknown';
  if (kind !== 'unknown') return kind;
  return typeof point.value === 'boolean' ? 'bit' : typeof point.value === 'string' ? 'text' : 'number';
}

/**
 * @param {number | null | undefined} minimum
 * @param {number | null | undefined} maximum
 * @param {string | null} unit
 */
function rangeOf(minimum, maximum, unit) {
  const [from, to] = [minimum ?? null, maximum ?? null];
  const range = from !== null && to !== null ? `${from} to ${to}` : from !== null ? `${from} or more` : to !== null ? `${to} at most` : null;
  return range && (unit ? `${range} ${unit}` : range);
}

/**
 * What was typed, as JSON has it.
 * @param {string} text
 * @param {string} kind bit, number, choice or text; what is no number is sent as it is, and the answer says why it is none.
 */
function parse(text, kind) {
  if (kind === 'bit') return text === 'on';
  return kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
