// @ts-check
// Requests to the gateway that serves this page. What it refuses is an ApiError with its sentence.
import { setClock } from './format.js';

export class ApiError extends Error {
  /**
   * @param {number} status 0: the gateway did not answer.
   * @param {string} message One sentence.
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @typedef {{ needed: boolean, user: string | null, csrf: string | null }} Session */

/** @type {string | null} */
let csrf = null;

/** Whether somebody must log in, and who has. */
export async function session() {
  const response = await request('GET', 'api/session');
  setClock(response.headers.get('Date'));
  /** @type {Session} */
  const session = await response.json();
  csrf = session.csrf;
  return session;
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
export async function get(path, signal) {
  return (await request('GET', path, undefined, signal)).json();
}

/**
 * A request that changes something.
 * @param {'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path
 * @param {any} [body] Sent as JSON.
 */
export async function send(method, path, body) {
  const text = await (await change(method, path, body)).text();
  return text === '' ? null : JSON.parse(text);
}

/**
 * A request whose answer comes in lines of JSON, one after the other.
 * @param {string} path
 * @param {any} body
 * @param {AbortSignal} signal Ends it on both sides.
 * @returns {AsyncGenerator<any>}
 */
export async function* lines(path, body, signal) {
  const response = await change('POST', path, body, signal);
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield JSON.parse(part);
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {any} body
 * @param {AbortSignal} [signal]
 */
async function change(method, path, body, signal) {
  try {
    return await request(method, path, body, signal);
  } catch (error) {
    // The gateway was started again, and has forgotten the token.
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    await session();
    return request(method, path, body, signal);
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {any} [body]
 * @param {AbortSignal} [signal]
 */
async function request(method, path, body, signal) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf !== null) headers['X-Gateway-CSRF'] = csrf;
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal, cache: 'no-store' });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'The gateway does not answer.');
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new ApiError(response.status, told.error ?? `The gateway answered ${response.status} ${response.statusText}.`);
}
