// @ts-check
// What the gateway tells by itself: one stream of server-sent events, kept open, and the newest of everything.
import * as api from './api.js';

/**
 * @typedef {{ device: string, point: string, value: any, unit: string | null, quality: string | null, reason: string | null, time: string | null, isWritable: boolean, write?: { kind: string, choices: string[] | null, minimum: number | null, maximum: number | null } }} PointReading
 * @typedef {{ time: string, level: string, category: string, text: string, number: number }} LogLine
 * @typedef {'points' | 'list' | 'status' | 'log' | 'connection'} Topic
 */

const retryMilliseconds = 2000;

/** The name of a point as people write it.  @param {{ device: string, point: string }} point */
export const nameOf = point => `${point.device}.${point.point}`;

class Live {
  /** The newest reading of each point by its name, in the order of the maps.  @type {Map<string, PointReading>} */
  points = new Map();
  /** What the gateway says of itself; null until it has.  @type {any} */
  status = null;
  /** How many lines of the log are kept. */
  logLength = 1000;
  /** The last lines of the log, the oldest first.  @type {LogLine[]} */
  log = [];
  /** Since when the gateway does not answer, ms of this machine's clock; null while it does.  @type {number | null} */
  lostAt = null;

  /** @type {Map<Topic, Set<(news: any) => void>>} */
  #followers = new Map();
  /** @type {EventSource | null} */
  #source = null;
  #isFirstLog = true;

  /** @param {() => void} whenRefused Somebody must log in. */
  open(whenRefused) {
    const source = new EventSource('api/live');
    this.#source = source;
    source.onopen = () => {
      this.lostAt = null;
      this.#isFirstLog = true;
      this.#tell('connection', true);
    };
    source.onerror = () => this.#lose(source, whenRefused);
    source.addEventListener('all', event => this.#takeAll(JSON.parse(event.data)));
    source.addEventListener('points', event => this.#take(JSON.parse(event.data)));
    source.addEventListener('log', event => this.#keep(JSON.parse(event.data)));
    source.addEventListener('status', event => {
      this.status = JSON.parse(event.data);
      this.#tell('status', this.status);
    });
  }

  close() {
    this.#source?.close();
    this.#source = null;
  }

  /**
   * Calls back with news, until what is returned is called.
   * @param {Topic} topic `list`: there are other points than before, or some of another unit; `points`: some have a new reading.
   * @param {(news: any) => void} follower
   */
  on(topic, follower) {
    const followers = this.#followers.get(topic) ?? new Set();
    this.#followers.set(topic, followers.add(follower));
    return () => { followers.delete(follower); };
  }

  /** @param {PointReading[]} all */
  #takeAll(all) {
    const nature = (/** @type {PointReading | undefined} */ point) => point && JSON.stringify([point.unit, point.write]);
    const isSame = all.length === this.points.size && all.every(point => nature(this.points.get(nameOf(point))) === nature(point));
    this.points = new Map(all.map(point => [nameOf(point), point]));
    this.#tell(isSame ? 'points' : 'list', all);
  }

  /** @param {PointReading[]} news */
  #take(news) {
    for (const point of news) this.points.set(nameOf(point), point);
    this.#tell('points', news);
  }

  /** @param {LogLine[]} lines */
  #keep(lines) {
    // A stream that is opened again begins with lines of which some are known, unless the gateway was started again and counts anew.
    if (this.#isFirstLog && !lines.some(line => this.log.some(known => known.number === line.number && known.time === line.time))) this.log = [];
    this.#isFirstLog = false;
    const last = this.log.at(-1)?.number ?? -1;
    const news = lines.filter(line => line.number > last);
    if (news.length === 0) return;
    this.log = [...this.log, ...news].slice(-this.logLength);
    this.#tell('log', news);
  }

  /**
   * @param {EventSource} source
   * @param {() => void} whenRefused
   */
  #lose(source, whenRefused) {
    this.lostAt ??= Date.now();
    this.#tell('connection', false);
    // While it connects again by itself there is nothing to do.
    if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
    this.#source = null;
    setTimeout(async () => {
      const session = await api.session().catch(() => null);
      if (session?.needed && session.user === null) whenRefused();
      else if (this.#source === null) this.open(whenRefused);
    }, retryMilliseconds);
  }

  /**
   * @param {Topic} topic
   * @param {any} news
   */
  #tell(topic, news) {
    for (const follower of this.#followers.get(topic) ?? []) follower(news);
  }
}

/** The one stream of the page. */
export const live = new Live();
