// @ts-check
// The configuration and the maps as they are on the disk, each mistake at its line.
import * as api from './api.js';
import { badge, fill, h, icon } from './dom.js';
import { live } from './live.js';
import { plural } from './format.js';

/**
 * @typedef {{ severity: string, line: number, column: number, length: number, text: string }} Problem
 * @typedef {{ file: string, text: string, problems: Problem[], isRunning: boolean }} MapFile
 * @typedef {{ change: string, kind: string, name: string, detail: string | null }} Change
 * @typedef {{ isTakenUp: boolean, changes: Change[], problems: string[] }} Outcome
 */

const renewalMilliseconds = 3000;

/** @param {Problem} problem @param {string} line */
function pointer(problem, line) {
  const from = Math.max(0, problem.column - 1);
  const length = problem.length || /^[^\s:,]*/.exec(line.slice(from))?.[0].length || 1;
  return h('span.pointer', { 'aria-hidden': 'true' }, `${line.slice(0, from).replace(/[^\t]/g, ' ')}${'~'.repeat(length)}`);
}

/** @param {Problem} problem */
function message(problem) {
  const isError = problem.severity !== 'warning';
  return badge(isError ? 'bad' : 'warning', isError ? 'bad' : 'uncertain', `${isError ? 'Error' : 'Warning'}: ${problem.text}`);
}

/** @param {string} line A line of YAML, with its comment and its keys apart. */
function coloured(line) {
  const comment = /(^|\s)#.*$/.exec(line);
  const code = comment ? line.slice(0, comment.index + comment[1].length) : line;
  /** @type {import('./dom.js').Child[]} */
  const parts = [];
  let end = 0;
  for (const key of code.matchAll(/(^\s*(?:-\s+)*|[{,]\s*)([\w.-]+)(?=:(\s|$))/g)) {
    const at = key.index + key[1].length;
    parts.push(code.slice(end, at), h('span.key', {}, key[2]));
    end = at + key[2].length;
  }
  parts.push(code.slice(end), comment && h('span.comment', {}, line.slice(code.length)));
  return parts;
}

/** @param {MapFile} file */
function source(file) {
  const lines = file.text.replace(/\n$/, '').split('\n');
  /** @type {Map<number, Problem[]>} */
  const byLine = new Map();
  for (const problem of file.problems) byLine.set(problem.line, [...byLine.get(problem.line) ?? [], problem]);
  return h('ol.source', { tabindex: 0, 'aria-label': file.file }, lines.map((line, index) => {
    const problems = byLine.get(index + 1) ?? [];
    return h(problems.length > 0 ? 'li.wrong' : 'li', { id: `line-${index + 1}`, tabindex: problems.length > 0 ? -1 : null }, h('code', {}, coloured(line)),
      problems.map(problem => h('div.problem', {}, problem.column > 0 && h('code', {}, pointer(problem, line)), message(problem))));
  }));
}

const signs = /** @type {Record<string, string>} */ ({ added: 'Added', removed: 'Removed', changed: 'Changed' });

/** @param {Outcome} outcome What came of a reload. */
function told(outcome) {
  if (!outcome.isTakenUp) return h('p', {}, badge('bad', 'bad', `Not taken up: ${plural(outcome.problems.length, 'mistake')} to mend. What ran goes on.`));
  if (outcome.changes.length === 0) return h('p', {}, badge('good', 'good', 'Read again: nothing has changed.'));
  return [h('p', {}, badge('good', 'good', `Taken up: ${plural(outcome.changes.length, 'change')}.`)),
    h('ul.changes', { 'aria-label': 'Changes' }, outcome.changes.map(({ change, kind, name, detail }) => h('li', {}, `${signs[change]} ${kind} `, h('code', {}, name), detail && ` (${detail})`)))];
}

export class MapsView {
  title = 'Maps';
  /** @type {MapFile[]} */
  #files = [];
  #shown = '';
  #selected = '';
  #line = 0;
  /** @type {number | undefined} */
  #timer;
  #reload = h('button', { type: 'button', onclick: () => void this.#readAgain() }, 'Read again');
  #outcome = h('div.outcome', { role: 'status' });
  #names = h('nav.files', { 'aria-label': 'Files' });
  #body = h('div.file');

  constructor() {
    this.element = h('div.view.maps', {}, h('h2', {}, 'Configuration and maps'),
      h('p.hint', {}, 'As they are on the disk now. Edit them with any editor: what is saved is checked at once, and runs if it is right.'),
      h('div.actions', {}, this.#reload), this.#outcome,
      h('div.split', {}, this.#names, this.#body));
  }

  /** @param {string} place FILE:LINE, FILE, or empty. */
  enter(place) {
    const [, file, line] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
    if (file) this.#selected = file;
    this.#line = Number(line ?? 0);
    this.#shown = '';
    void this.#load();
    this.#timer ??= setInterval(() => void this.#load(), renewalMilliseconds);
  }

  leave() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #readAgain() {
    this.#reload.disabled = true;
    fill(this.#outcome, h('p', {}, 'Reading…'));
    try {
      fill(this.#outcome, told(await api.send('POST', 'api/reload')));
    } catch (error) {
      fill(this.#outcome, h('p', {}, badge('bad', 'bad', /** @type {Error} */ (error).message)));
    }
    this.#reload.disabled = false;
    void this.#load();
  }

  async #load() {
    try {
      this.#files = await api.get('api/maps');
    } catch (error) {
      if (this.#files.length === 0) fill(this.#body, h('p.empty', {}, /** @type {Error} */ (error).message));
      return;
    }
    const news = JSON.stringify(this.#files);
    if (news === this.#shown) return;
    this.#shown = news;
    this.#show();
  }

  #show() {
    const isThe = (/** @type {MapFile} */ file) => file.file === this.#selected || file.file.endsWith(`/${this.#selected}`);
    const file = this.#files.find(isThe) ?? this.#files.find(file => file.problems.length > 0) ?? this.#files.find(file => file.file !== 'gateway.yaml') ?? this.#files[0];
    fill(this.#names, this.#files.map(other => h('a', { href: `#/maps/${encodeURIComponent(other.file)}`, 'aria-current': other === file ? 'page' : null },
      h('span', {}, other.file), other.problems.length > 0 && badge('bad', 'bad', plural(other.problems.length, 'mistake')))));
    if (!file) {
      fill(this.#body, h('p.empty', {}, 'There is no map yet.'));
      return;
    }
    const whole = file.problems.filter(problem => problem.line === 0);
    const state = file.problems.some(problem => problem.severity !== 'warning') ? badge('bad', 'bad', live.status?.buses.length > 0 ? 'Not valid: the last good one goes on' : 'Not valid: nothing is polled')
      : file.isRunning ? badge('good', 'good', 'This is what runs') : badge('stale', 'stale', 'Not what runs (yet)');
    fill(this.#body, h('header', {}, h('h3', {}, file.file), state), whole.map(problem => h('p.problem', {}, message(problem))),
      file.problems.length > whole.length && h('ul.jumps', { 'aria-label': 'Mistakes' }, file.problems.filter(problem => problem.line > 0).map(problem => h('li', {},
        h('a', { href: `#/maps/${encodeURIComponent(`${file.file}:${problem.line}`)}` }, icon('bad'), `Line ${problem.line}: ${problem.text}`)))),
      source(file));
    const line = this.#line > 0 ? /** @type {HTMLElement | null} */ (this.#body.querySelector(`#line-${this.#line}`)) : null;
    line?.scrollIntoView({ block: 'center' });
    line?.focus({ preventScroll: true });
    this.#line = 0;
  }
}

/** What of a configuration is wrong, in plain words; beside it what goes on. */
export class Problems {
  #shown = '';

  constructor() {
    this.element = h('section.problems', { role: 'alert', hidden: true });
    live.on('status', status => this.show(status));
  }

  /** @param {any} status */
  show(status) {
    const problems = /** @type {string[]} */ (status.problems ?? []);
    const runs = status.buses.length > 0;
    const taken = status.configuration?.since;
    const news = JSON.stringify([problems, runs]);
    if (news === this.#shown) return;
    this.#shown = news;
    this.element.hidden = problems.length === 0;
    this.element.classList.toggle('whole', !runs);
    fill(this.element, problems.length > 0 && [
      h('h2', {}, icon('warning'), runs ? 'The configuration was changed, and is not valid' : 'The configuration is not valid, so nothing is polled'),
      h('p', {}, runs ? `The last good one goes on.${taken ? ` It was taken up on ${new Date(taken).toLocaleString()}.` : ''} Mend this, and the change runs by itself:` : 'The gateway is up and waits. Mend this, and it starts by itself as soon as the file is saved:'),
      h('ol', {}, problems.map(described)),
    ]);
  }
}

/** @param {string} problem FILE:LINE:COLUMN: error: what is wrong */
function described(problem) {
  const [, file, line, , text] = /^(.*?):(\d+):(\d+): (?:error|warning): (.*)$/s.exec(problem) ?? [];
  return h('li', {}, file ? [h('a', { href: `#/maps/${encodeURIComponent(`${file}:${line}`)}` }, `${file}, line ${line}`), h('span', {}, text)] : problem);
}
