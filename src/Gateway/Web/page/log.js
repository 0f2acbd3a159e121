// @ts-check
// The tail of the log, as it is written.
import { clock } from './format.js';
import { badge, fill, h } from './dom.js';
import { live } from './live.js';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** @param {import('./live.js').LogLine} line */
function entry(line) {
  const rank = levels.indexOf(line.level);
  const level = rank >= 4 ? badge('bad', 'bad', line.level) : rank === 3 ? badge('warning', 'uncertain', line.level) : h('span.badge.quiet', {}, line.level);
  return h('li', { title: line.category ?? '' }, h('time', { datetime: line.time, title: line.time }, clock(line.time)), level, h('span', {}, line.text));
}

export class LogView {
  title = 'Log';
  #lines = h('ol.log', { role: 'log', 'aria-live': 'off', tabindex: 0, 'aria-label': 'Lines of the log' });
  #level = h('select', { 'aria-label': 'Least level', onchange: () => this.#fill() }, [['info', 'Everything'], ['warn', 'Warnings and errors'], ['error', 'Errors']].map(([value, text]) => h('option', { value }, text)));
  #words = h('input', { type: 'search', placeholder: 'Find in the log', 'aria-label': 'Find in the log', oninput: () => this.#fill() });
  #follows = h('input', { type: 'checkbox', checked: true, onchange: () => this.#scroll() });
  /** @type {(() => void) | null} */
  #leave = null;

  constructor() {
    this.element = h('div.view.logs', {}, h('h2', {}, 'Log'),
      h('div.tools', {}, this.#words, this.#level, h('label.check', {}, this.#follows, 'Follow')), this.#lines);
  }

  enter() {
    this.#leave ??= live.on('log', lines => this.#add(lines));
    this.#fill();
  }

  leave() {
    this.#leave?.();
    this.#leave = null;
  }

  #fill() {
    fill(this.#lines);
    this.#add(live.log);
    if (this.#lines.childElementCount === 0) fill(this.#lines, h('li.empty', {}, 'Nothing yet.'));
  }

  /** @param {import('./live.js').LogLine[]} lines */
  #add(lines) {
    const least = this.#level.value === 'info' ? 0 : levels.indexOf(this.#level.value);
    const words = this.#words.value.trim().toLowerCase();
    const news = lines.filter(line => levels.indexOf(line.level) >= least && (words === '' || line.text.toLowerCase().includes(words)));
    if (news.length === 0) return;
    if (this.#lines.firstElementChild?.className === 'empty') fill(this.#lines);
    this.#lines.append(...news.map(entry));
    while (this.#lines.childElementCount > live.logLength) this.#lines.firstElementChild?.remove();
    this.#scroll();
  }

  #scroll() {
    if (this.#follows.checked) this.#lines.scrollTop = this.#lines.scrollHeight;
  }
}
