// @ts-check
// All that the gateway says of itself: uplinks, queue, broker, bridge, and each bus with its devices.
import { age, count, errors, milliseconds, percent, plural, since, size } from './format.js';
import { badge, fill, h } from './dom.js';
import { HistoryChart } from './history.js';
import { live } from './live.js';

/**
 * Pairs of a term and what is said of it; those without are left out.
 * @param {[string, import('./dom.js').Child][]} facts
 */
function list(facts) {
  return h('dl.facts', {}, facts.filter(([, said]) => said !== null && said !== undefined && said !== '').map(([term, said]) => h('div', {}, h('dt', {}, term), h('dd', {}, said))));
}

/** @param {any} uplink */
function uplinkState(uplink) {
  if (!uplink.isConnected) return badge('bad', 'bad', `away ${since(uplink.since)}`);
  return uplink.hindrance ? badge('warning', 'uncertain', 'connected, refuses messages') : badge('good', 'good', `connected ${since(uplink.since)}`);
}

/** @param {any} uplink @param {string} title */
function uplinkCard(uplink, title) {
  const others = uplink.servers?.length > 1 ? uplink.servers : [];
  return h('article.card', {},
    h('header', {}, h('div', {}, h('h3', {}, title), h('span.bus', {}, uplink.url)), uplinkState(uplink)),
    list([
      ['Why', uplink.reason ?? uplink.hindrance],
      ['Limit', uplink.limit],
      ['Waits', uplink.waits],
      ['Acknowledged', plural(uplink.published, 'message')],
      ['Not taken, and parked', uplink.refused > 0 ? plural(uplink.refused, 'message') : null],
    ]),
    others.length > 0 && h('ul.servers', { 'aria-label': 'Its brokers' }, others.map((/** @type {any} */ server) => h('li', {},
      badge(server.state === 'failed' ? 'bad' : server.state === 'connected' ? 'good' : 'unread', server.state === 'failed' ? 'bad' : server.state === 'connected' ? 'good' : 'quiet', server.state),
      h('span', {}, server.url), server.reason && h('small', {}, server.reason)))));
}

/** @param {any} queue @param {string} what @param {boolean} isLeaving Whether somebody is there to take it. */
function queueFacts(queue, what, isLeaving) {
  return list([
    ['Waiting', plural(queue.depth, what)],
    ['On the disk', size(queue.bytes)],
    ['The oldest', queue.depth > 0 && queue.oldest ? `${age(queue.oldest)} old` : null],
    ['Leaving', isLeaving && (queue.depth > 0 || queue.rate > 0) ? `${Math.round(queue.rate * 10) / 10} a second` : null],
    ['Full in', queue.hoursLeft === null || queue.hoursLeft === undefined ? 'it does not grow' : `${Math.round(queue.hoursLeft * 10) / 10} h`],
    ['Dropped', queue.dropped > 0 ? count(queue.dropped) : 'none'],
    ...(queue.drops ?? []).map((/** @type {any} */ drop) => [`– of ${drop.device}`, `${count(drop.count)} ${drop.reason}`]),
    ['Parked', queue.parked > 0 ? count(queue.parked) : null],
    ...(queue.uplinks?.length > 1 ? queue.uplinks.map((/** @type {any} */ uplink) => [`– for ${uplink.name}`, count(uplink.depth)]) : []),
    ['Written', `${size(queue.writtenPerDay)} a day`],
  ]);
}

/** @param {any} broker */
function brokerCard(broker) {
  return h('article.card', {},
    h('header', {}, h('h3', {}, 'Broker on site'), badge('good', 'good', plural(broker.clients, 'client'))),
    h('ul.servers', { 'aria-label': 'Listeners' }, broker.listeners.length === 0 ? h('li', {}, 'It has no listener.') : broker.listeners.map((/** @type {string} */ listener) => h('li', {},
      badge(listener.includes(' ') ? 'bad' : 'good', listener.includes(' ') ? 'bad' : 'good', listener.includes(' ') ? 'not open' : 'open'), h('span', {}, listener)))));
}

/** @param {any} bridge */
function bridgeCard(bridge) {
  return h('article.card', {},
    h('header', {}, h('div', {}, h('h3', {}, 'Bridge'), h('span.bus', {}, bridge.connection.url)), uplinkState(bridge.connection)),
    list([
      ['Why', bridge.connection.reason ?? bridge.connection.hindrance],
      ['Sent out', plural(bridge.connection.published, 'message')],
      ['Came in', plural(bridge.received, 'message')],
      ['Not queued', bridge.notQueued > 0 ? count(bridge.notQueued) : null],
      ['Came back', bridge.looped > 0 ? count(bridge.looped) : null],
    ]),
    queueFacts(bridge.queue, 'message', bridge.connection.isConnected));
}

/** @param {any} device */
function deviceLine(device) {
  const state = device.isOnline === null || device.isOnline === undefined ? badge('unread', 'quiet', 'not read yet')
    : device.isOnline ? badge('good', 'good', 'online') : badge('bad', 'bad', `offline ${since(device.since)}${device.reason ? `: ${device.reason}` : ''}`);
  const said = [
    Object.keys(device.errors ?? {}).length > 0 ? `errors: ${errors(device.errors)}` : null,
    device.suppressed > 0 ? `${plural(device.suppressed, 'implausible value')} suppressed` : null,
    device.resets > 0 ? `${plural(device.resets, 'new beginning')} taken` : null,
  ].filter(Boolean).join('; ');
  return h('li', {}, h('strong', {}, device.name), state, said && h('small', {}, said));
}

/** @param {any} bus */
function busCard(bus) {
  const busy = Math.min(1, bus.utilisation);
  const tone = busy > 0.9 ? 'bad' : busy > 0.7 ? 'uncertain' : 'good';
  const { medianMilliseconds, p99Milliseconds, maximumMilliseconds } = bus.lateness;
  return h('article.card', {},
    h('header', {}, h('h3', {}, bus.name), badge(tone === 'good' ? 'good' : 'warning', tone, `${percent(bus.utilisation)} busy`)),
    h(`meter.${tone}`, { min: 0, max: 1, value: String(busy), 'aria-label': `${bus.name} is busy` }, percent(bus.utilisation)),
    list([
      ['Late, median', milliseconds(medianMilliseconds)],
      ['99 of 100 within', milliseconds(p99Milliseconds)],
      ['The latest', milliseconds(maximumMilliseconds)],
      ['Reads answered', count(bus.polls)],
      ['Not answered', count(bus.failures)],
      ['Left out', bus.missed > 0 ? count(bus.missed) : 'none'],
      ['Errors', errors(bus.errors)],
    ]),
    h('ul.members', { 'aria-label': `Devices on ${bus.name}` }, bus.devices.map(deviceLine)));
}

export class SystemView {
  title = 'System';
  #uplinks = h('div.stack');
  #queue = h('div');
  #chart = h('div');
  #broker = h('div.stack');
  #buses = h('div.cards');
  /** @type {HistoryChart | null} */
  #history = null;
  /** @type {(() => void) | null} */
  #leave = null;
  #part = '';

  constructor() {
    this.element = h('div.view', {},
      h('div.pair', {},
        h('section', { id: 'uplinks', tabindex: -1 }, h('h2', {}, 'Uplink'), this.#uplinks),
        h('section', { id: 'broker', tabindex: -1 }, h('h2', {}, 'On site'), this.#broker)),
      h('section', { id: 'queue', tabindex: -1 }, h('h2', {}, 'Queue'), h('article.card.wide', {}, this.#queue, this.#chart)),
      h('section', { id: 'buses', tabindex: -1 }, h('h2', {}, 'Buses'), this.#buses));
  }

  /** @param {string} part The section to go to; empty: none. */
  enter(part) {
    if (this.#leave === null) {
      this.#history = new HistoryChart('$queue.depth', true);
      fill(this.#chart, h('h3', {}, 'Waiting readings'), this.#history.element);
      this.#leave = live.on('status', status => this.#show(status));
    }
    this.#part = part;
    if (live.status) this.#show(live.status);
  }

  leave() {
    this.#history?.close();
    this.#leave?.();
    this.#leave = this.#history = null;
  }

  #go() {
    const section = /** @type {HTMLElement | null} */ (this.element.querySelector(`#${CSS.escape(this.#part)}`));
    this.#part = '';
    section?.focus({ preventScroll: true });
    section?.scrollIntoView();
  }

  /** @param {any} status */
  #show(status) {
    const name = (/** @type {any} */ uplink) => status.uplinks.length === 1 ? 'Uplink' : uplink.name;
    fill(this.#uplinks, status.uplinks.length === 0
      ? h('p.empty', {}, 'None is configured: the broker on site is all there is. ', h('code', {}, 'uplink: { url: mqtt://… }'), ' in gateway.yaml makes one.')
      : status.uplinks.map((/** @type {any} */ uplink) => uplinkCard(uplink, name(uplink))), status.bridge && bridgeCard(status.bridge));
    fill(this.#queue, status.queue.problem && h('p.note', {}, badge('bad', 'bad', status.queue.problem)), queueFacts(status.queue, 'reading', status.uplinks.some((/** @type {any} */ uplink) => uplink.isConnected)));
    fill(this.#broker, brokerCard(status.broker));
    fill(this.#buses, status.buses.length === 0 ? h('p.empty', {}, 'Nothing is polled.') : status.buses.map(busCard));
    if (this.#part !== '') this.#go();
  }
}
