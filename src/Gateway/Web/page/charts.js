// @ts-check
// Charts by uPlot. A page that was built without npm has charts.plain.js under this name.
import uPlot from 'uplot';

/** @typedef {{ times: number[], min: (number | null)[], max: (number | null)[], mean: (number | null)[] }} Series */

export const hasCharts = true;

// So few values are dots, too: of a single one there is no line.
const fewValues = 12;

/** A colour of the style sheet as a canvas takes it.  @param {HTMLElement} element @param {string} name */
function colour(element, name) {
  element.style.color = `var(${name})`;
  const resolved = getComputedStyle(element).color;
  element.style.color = '';
  return resolved;
}

/** A chart of one point: its mean, and the band from the least to the most. */
export class Chart {
  /** @type {uPlot} */
  #plot;
  #observer;

  /**
   * @param {HTMLElement} host
   * @param {Series} series
   * @param {{ isStepped: boolean, whenHovered: (index: number | null) => void, whenZoomed: (from: number, to: number) => void }} options
   */
  constructor(host, series, { isStepped, whenHovered, whenZoomed }) {
    const [line, band, grid, text] = ['--accent', '--band', '--line', '--quiet'].map(name => colour(host, name));
    const paths = isStepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const edge = { paths, stroke: 'transparent', points: { show: false } };
    this.#plot = new uPlot({
      width: host.clientWidth,
      height: host.clientHeight,
      ms: 1,
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 8 } },
      scales: { y: { range: (_, least, most) => spread(least, most) } },
      axes: [{ ...axis, space: 70, values: labels }, { ...axis, size: (_, values) => 14 + 7.5 * Math.max(2, ...(values ?? []).map(value => value.length)) }],
      series: [{}, { ...edge }, { ...edge }, { paths, stroke: line, width: 2, points: { size: 6, fill: line, show: (_, __, first, last) => last - first < fewValues } }],
      bands: [{ series: [2, 1], fill: band }],
      hooks: {
        setCursor: [plot => whenHovered(plot.cursor.idx ?? null)],
        setSelect: [plot => {
          const { left, width } = plot.select;
          if (width > 4) whenZoomed(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
      },
    }, data(series), host);
    this.#observer = new ResizeObserver(() => this.#plot.setSize({ width: host.clientWidth, height: host.clientHeight }));
    this.#observer.observe(host);
  }

  /** @param {Series} series */
  update(series) {
    this.#plot.setData(data(series));
  }

  close() {
    this.#observer.disconnect();
    this.#plot.destroy();
  }
}

/** @param {Series} series @returns {uPlot.AlignedData} */
function data({ times, min, max, mean }) {
  return [times, min, max, mean];
}

/**
 * The range of the values with some air; a constant is in the middle.
 * @param {number} least
 * @param {number} most
 * @returns {[number, number]}
 */
function spread(least, most) {
  if (least === null || most === null) return [0, 1];
  const air = (most - least) * 0.1 || Math.abs(most) * 0.1 || 1;
  return [least >= 0 && least - air < 0 ? 0 : least - air, most + air];
}

/**
 * Times of day, and dates where the marks are days apart.
 * @param {uPlot} _
 * @param {number[]} times
 */
function labels(_, times) {
  const step = times.length > 1 ? times[1] - times[0] : 0;
  return times.map(time => {
    const date = new Date(time);
    const day = date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
    if (step >= 86_400_000) return day;
    const clock = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: step < 60_000 ? '2-digit' : undefined, hourCycle: 'h23' });
    return clock === '00:00' ? day : clock;
  });
}
