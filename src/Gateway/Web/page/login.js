// @ts-check
import * as api from './api.js';
import { badge, fill, h } from './dom.js';

/** The sheet that asks who is there. */
export class Login {
  #answer = h('p.answer', { role: 'alert' });
  #user = h('input', { id: 'user', name: 'user', autocomplete: 'username', autocapitalize: 'none', required: true });
  #password = h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  #button = h('button.primary', { type: 'submit' }, 'Log in');

  /** @param {() => void} whenIn */
  constructor(whenIn) {
    this.element = h('main.sheet.login', {}, h('img', { src: 'icon.svg', alt: '', width: 56, height: 56 }), h('h1', {}, 'Gateway'),
      h('form', { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#try(whenIn); } },
        h('div.field', {}, h('label', { for: 'user' }, 'User'), this.#user),
        h('div.field', {}, h('label', { for: 'password' }, 'Password'), this.#password),
        this.#button, this.#answer),
      h('p.hint', {}, 'Users are made on the gateway itself: ', h('code', {}, 'gateway passwd FILE USER')));
  }

  focus() {
    this.#user.focus();
  }

  /** @param {() => void} whenIn */
  async #try(whenIn) {
    this.#button.disabled = true;
    try {
      await api.send('POST', 'api/login', { user: this.#user.value, password: this.#password.value });
      await api.session();
      whenIn();
    } catch (error) {
      fill(this.#answer, badge('bad', 'bad', /** @type {Error} */ (error).message));
      this.#password.value = '';
      this.#password.focus();
    }
    this.#button.disabled = false;
  }
}
