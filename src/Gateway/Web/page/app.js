// @ts-check
// The page: who is there, what is shown, and what is the same in every view.
import * as api from './api.js';
import { Devices } from './devices.js';
import { badge, fill, h, icon, setText } from './dom.js';
import { FindView } from './find.js';
import { age } from './format.js';
import { live } from './live.js';
import { LogView } from './log.js';
import { Login } from './login.js';
import { MapsView, Problems } from './maps.js';
import { Overview } from './overview.js';
import { PointDialog } from './point.js';
import { Setup } from './setup.js';
import { SystemView } from './system.js';

/** @typedef {{ title: string, element: HTMLElement, enter: (place: string) => void, leave: () => void }} View */

/** The devices with their values, and above them how the gateway is. @implements {View} */
class LiveView {
  title = 'Live';
  #overview = new Overview();
  #devices = new Devices();
  #waiting = h('p.empty', { role: 'status' }, 'Waiting for the first values…');
  #begin = h('div.actions', { hidden: true }, h('button', { type: 'button', onclick: () => Setup.resume() }, 'Set it up'));
  #point = new PointDialog(() => { location.hash = '#/live'; });
  /** @type {(() => void)[]} */
  #leaving = [];

  constructor() {
    this.element = h('div.view', {}, this.#overview.element, this.#waiting, this.#begin, this.#devices.element, this.#point.element);
  }

  /** @param {string} name The point to show; empty: none. */
  enter(name) {
    if (this.#leaving.length === 0) {
      this.#list();
      const timer = setInterval(() => this.#tick(), 1000);
      this.#leaving = [
        live.on('list', () => this.#list()), live.on('points', news => this.#devices.update(news)), live.on('status', () => this.#show()), () => clearInterval(timer),
      ];
    }
    if (name !== '') this.#point.open(name);
    else this.#point.element.close();
  }

  leave() {
    this.#leaving.forEach(leave => leave());
    this.#leaving = [];
    this.#point.leave();
  }

  #list() {
    this.#devices.list(live.points.values());
    this.#waiting.hidden = live.points.size > 0 || live.status?.problems?.length > 0;
    this.#show();
  }

  #show() {
    if (live.status === null) return;
    const isEmpty = live.status.buses.length === 0;
    setText(this.#waiting, isEmpty ? 'Nothing is polled: there is no map yet.' : 'Waiting for the first values…');
    this.#begin.hidden = !isEmpty || localStorage.getItem('setup') !== 'later';
    this.#waiting.hidden = live.points.size > 0 || live.status.problems.length > 0;
    this.#overview.show(live.status);
    this.#devices.show(live.status);
  }

  #tick() {
    if (document.hidden) return;
    this.#devices.tick();
    if (live.status) this.#overview.show(live.status);
  }
}

/** @type {Record<string, { label: string, create: () => View }>} */
const views = {
  live: { label: 'Live', create: () => new LiveView() },
  system: { label: 'System', create: () => new SystemView() },
  maps: { label: 'Maps', create: () => new MapsView() },
  find: { label: 'Find', create: () => new FindView() },
  log: { label: 'Log', create: () => new LogView() },
};

/** The frame around the views: name, ways, and whether the gateway answers. */
class Shell {
  /** @type {Map<string, View>} */
  #views = new Map();
  /** @type {View | null} */
  #shown = null;
  #site = h('span.site', {}, 'Gateway');
  #version = h('small');
  #connection = h('div.connection', { role: 'status' });
  #main = h('main', { id: 'main', tabindex: -1 });
  #ways = Object.entries(views).map(([name, { label }]) => h('a', { href: `#/${name}` }, icon(/** @type {any} */ (name)), h('span', {}, label)));
  #problems = new Problems();

  /** @param {api.Session} session */
  constructor(session) {
    const leave = session.user === null ? null : h('button.plain', { type: 'button', title: `Log out ${session.user}`, 'aria-label': `Log out ${session.user}`, onclick: () => void logOut() }, icon('leave'));
    this.element = h('div.shell', {},
      h('a.skip', { href: '#main', onclick: (/** @type {Event} */ event) => { event.preventDefault(); this.#main.focus(); } }, 'To the contents'),
      h('header.top', {},
        h('a.brand', { href: '#/live', 'aria-label': 'Gateway' }, h('img', { src: 'icon.svg', alt: '', width: 32, height: 32 }), h('div', {}, this.#site, this.#version)),
        h('nav.ways', { 'aria-label': 'Views' }, this.#ways),
        h('div.right', {}, this.#connection, h('button.plain', { type: 'button', title: 'Light or dark', 'aria-label': 'Light or dark', onclick: changeTheme }, icon('theme')), leave)),
      this.#problems.element, this.#main);
    live.on('status', status => this.#name(status));
    live.on('connection', () => this.#connect());
    addEventListener('hashchange', () => this.show());
    setInterval(() => this.#connect(), 1000);
    // Who only watches is logged in, too; and the gateway's clock may have been set.
    setInterval(() => { if (!document.hidden) void api.session().catch(() => null); }, 10 * 60_000);
  }

  /** Shows what the address names. */
  show() {
    const [, name = '', place = ''] = /^#\/([^/]*)\/?(.*)$/.exec(location.hash) ?? [];
    const known = name in views ? name : 'live';
    const view = this.#views.get(known) ?? views[known].create();
    this.#views.set(known, view);
    if (view !== this.#shown) {
      this.#shown?.leave();
      fill(this.#main, view.element);
      this.#shown = view;
      scrollTo(0, 0);
    }
    this.#ways.forEach((way, index) => {
      if (Object.keys(views)[index] === known) way.setAttribute('aria-current', 'page');
      else way.removeAttribute('aria-current');
    });
    this.element.dataset.view = known;
    this.#name(live.status);
    view.enter(decodeURIComponent(place));
  }

  /** @param {any} status */
  #name(status) {
    if (status === null) return;
    setText(this.#site, status.site);
    setText(this.#version, `Gateway ${status.version}`);
    document.title = `${this.#shown?.title ?? ''} – ${status.site}`;
  }

  #connect() {
    const lost = live.lostAt;
    const isLost = lost !== null;
    document.body.classList.toggle('lost', isLost);
    const text = isLost ? `no answer since ${age(new Date(lost).toISOString())}: values are old` : 'live';
    if (this.#connection.textContent !== text) fill(this.#connection, badge(isLost ? 'bad' : 'good', isLost ? 'bad' : 'good', text));
  }
}

function changeTheme() {
  const isDark = document.documentElement.dataset.theme === 'dark' || (!document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'light' : 'dark';
  localStorage.setItem('theme', isDark ? 'light' : 'dark');
  document.dispatchEvent(new Event('themechange'));
}

async function logOut() {
  await api.send('POST', 'api/logout').catch(() => null);
  location.reload();
}

/** @param {{ element: HTMLElement, focus?: () => void }} sheet */
function put(sheet) {
  fill(document.body, sheet.element);
  sheet.focus?.();
}

async function begin() {
  const theme = localStorage.getItem('theme');
  if (theme) document.documentElement.dataset.theme = theme;
  const session = await api.session().catch(() => null);
  if (session === null) {
    put({ element: h('main.sheet', {}, h('h1', {}, 'The gateway does not answer'), h('p', {}, 'Is it running? This page looks again every few seconds.')) });
    setTimeout(() => void begin(), 3000);
    return;
  }
  if (session.needed && session.user === null) {
    put(new Login(() => void begin()));
    return;
  }
  const setup = await Setup.find(() => void begin());
  if (setup) {
    put(setup);
    return;
  }
  const shell = new Shell(session);
  put(shell);
  shell.show();
  live.open(() => location.reload());
}

void begin();
