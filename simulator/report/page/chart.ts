import uPlot from 'uplot';

/** A colour of the page's own, as it is at the moment: light or dark. */
export const style = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const axis = (label?: string): uPlot.Axis => ({
  stroke: style('--ink'),
  grid: { stroke: style('--grid'), width: 1 },
  ticks: { stroke: style('--grid'), width: 1 },
  ...(label === undefined ? {} : { label, labelSize: 18, labelFont: '12px system-ui' }),
  font: '12px system-ui',
});

const stepped = uPlot.paths.stepped?.({ align: 1 });

/** Times are UTC, as in the scenario. */
export const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'short' });

/** Hours within a day, dates over more; the day's name at each midnight. */
export const timeLabels: uPlot.Axis.Values = [
  [86_400, '{MMM} {D}', null, null, null, null, null, null, 1],
  [3600, '{HH}:{mm}', '\n{MMM} {D}', null, '\n{MMM} {D}', null, null, null, 1],
  [60, '{HH}:{mm}', '\n{MMM} {D}', null, '\n{MMM} {D}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{MMM} {D}', null, '\n{MMM} {D}', null, null, null, 1],
];

/** A step between two distant points would else be hidden under its markers. */
export const line = { ...(stepped === undefined ? {} : { paths: stepped }), points: { show: false } };
