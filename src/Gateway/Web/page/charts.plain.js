// @ts-check
// In the place of charts.js where the page was built without npm: all but the drawing is there.

export const hasCharts = false;

export class Chart {
  /** @param {HTMLElement} host */
  constructor(host) {
    host.classList.add('plain');
    host.textContent = 'Charts are drawn by a library from npm, which was not there when this gateway was built. Install Node.js with npm, and build it again.';
  }

  update() {
  }

  close() {
  }
}
