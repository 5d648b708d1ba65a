import { type Patch, patched } from '../patch.ts';
import type { LiveService, LiveState } from '../wire.ts';
import { Charts } from './charts.ts';
import { Chosen } from './chosen.ts';
import { Controls } from './controls.ts';
import { byId, make, setAttribute, setText } from './dom.ts';
import { Feed } from './feed.ts';
import { Quays } from './quays.ts';
import { clockText, dayText, percent, used } from './words.ts';

const controls = new Controls();
const charts = new Charts();
const feed = new Feed();
const chosen = new Chosen({
  onKill: (instance) => void controls.do({ kind: 'kill', instance }),
  onInterrupt: (instance) => void controls.do({ kind: 'interrupt', instance }),
});
const quays = new Quays({
  onChosen: (id) => {
    chosen.choose(id);
    show();
  },
});

let state: LiveState | undefined;
let highlighted: string | undefined;

interface Figure {
  readonly name: string;
  readonly of: (state: LiveState) => string;
  readonly isAlarming?: (state: LiveState) => boolean;
}

const reserved = ({ instances }: LiveState, of: 'cpuUnits' | 'memoryMiB'): string => {
  const active = Object.values(instances).filter((it) => it.stage === 'active');
  const whole = active.reduce((sum, it) => sum + it[of], 0);
  return `${percent(
    active.reduce((sum, it) => sum + used(it)[of], 0),
    whole,
  )} %`;
};

const inStage = ({ instances }: LiveState, ...stages: readonly string[]): number =>
  Object.values(instances).filter((it) => stages.includes(it.stage)).length;

const figures: readonly Figure[] = [
  { name: 'instances in service', of: (it) => String(inStage(it, 'active', 'lost')) },
  { name: 'launching', of: (it) => String(inStage(it, 'launching')) },
  { name: 'draining, leaving', of: (it) => String(inStage(it, 'draining', 'leaving', 'dead')) },
  { name: 'tasks running', of: (it) => String(it.totals.runningTasks) },
  {
    name: 'tasks without a place',
    of: (it) => String(it.totals.waitingTasks),
    isAlarming: (it) => it.totals.waitingTasks > 0,
  },
  { name: 'CPU reserved', of: (it) => reserved(it, 'cpuUnits') },
  { name: 'memory reserved', of: (it) => reserved(it, 'memoryMiB') },
  { name: 'instance-hours', of: (it) => it.totals.instanceHours.toFixed(1) },
  {
    name: 'ended with a live task',
    of: (it) => String(it.totals.terminationsWithLiveTask),
    isAlarming: (it) => it.totals.terminationsWithLiveTask > 0,
  },
];

const figureValues = figures.map(({ name }) => {
  const value = make('dd', { text: '–' });
  byId('figures').append(make('div', {}, make('dt', { text: name }), value));
  return value;
});

const showFigures = (it: LiveState): void => {
  figures.forEach(({ of, isAlarming }, n) => {
    const value = figureValues[n];
    if (value === undefined) return;
    setText(value, of(it));
    value.toggleAttribute('data-alarm', isAlarming?.(it) === true);
  });
};

const showFaults = ({ faults }: LiveState): void => {
  setText(byId('faults'), faults.map((it) => `${it.text} until ${clockText(it.until)}.`).join(' '));
};

interface ServiceItem {
  readonly button: HTMLButtonElement;
  readonly count: HTMLElement;
}

const serviceItems = new Map<string, ServiceItem>();

const serviceItem = (name: string): ServiceItem => {
  const count = make('span', { className: 'count' });
  const button = make(
    'button',
    { attributes: { type: 'button', 'aria-pressed': 'false' } },
    make('span', { text: name }),
    count,
  );
  button.addEventListener('click', () => {
    highlighted = highlighted === name ? undefined : name;
    show();
  });
  byId('services').append(make('li', {}, button));
  return { button, count };
};

const serviceText = ({ running, desired, waiting }: LiveService): string =>
  `${running} of ${desired}${waiting === 0 ? '' : `, ${waiting} without a place`}`;

const showServices = ({ services }: LiveState): void => {
  for (const it of services) {
    const item = serviceItems.get(it.name) ?? serviceItem(it.name);
    serviceItems.set(it.name, item);
    setText(item.count, serviceText(it));
    setAttribute(item.button, 'aria-pressed', String(it.name === highlighted));
    item.button.toggleAttribute('data-alarm', it.waiting > 0);
  }
};

/** What the machine makes of the speed that is asked for. */
const paceText = ({ speed, pace }: LiveState): string =>
  speed === 0 ? 'time stands still' : speed === null || pace < speed * 0.8 ? `now ×${pace}` : '';

const link = byId('link');

const showLink = (kind: 'live' | 'away' | 'over', text: string): void => {
  link.dataset['kind'] = kind;
  setText(link, text);
};

const show = (): void => {
  if (state === undefined) return;
  setText(byId('day'), dayText(state.now));
  setText(byId('time'), clockText(state.now));
  setAttribute(byId('time'), 'datetime', new Date(state.now).toISOString());
  setText(byId('pace'), paceText(state));
  showFigures(state);
  showFaults(state);
  quays.show(state, highlighted);
  chosen.show(state);
  charts.show(state);
  showServices(state);
  feed.show(state);
  controls.show(state, quays.chosenId);
};

let isDue = false;

/** At most once a frame, and not at all in a tab that nobody sees. */
const showSoon = (): void => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    show();
  });
};

const listen = (): void => {
  const source = new EventSource('/events');
  const dataOf = (event: Event): string => (event instanceof MessageEvent ? String(event.data) : '{}');
  source.addEventListener('state', (event) => {
    const next = JSON.parse(dataOf(event)) as LiveState;
    if (state !== undefined && state.scene.run !== next.scene.run) {
      location.reload(); // another run, with another token
      return;
    }
    state = next;
    showLink('live', 'live');
    document.documentElement.dataset['state'] = 'live';
    showSoon();
  });
  source.addEventListener('patch', (event) => {
    if (state === undefined) return;
    state = patched(state, JSON.parse(dataOf(event)) as Patch);
    showLink('live', 'live');
    showSoon();
  });
  source.addEventListener('over', () => {
    source.close();
    showLink('over', 'The run is over: its terminal has the result, and npm start begins another one.');
    setTimeout(listen, 3000); // whoever starts another one at this port finds the page waiting
  });
  source.addEventListener('error', () => {
    if (link.dataset['kind'] !== 'over') showLink('away', 'Not connected; trying again …');
    document.documentElement.dataset['state'] = 'away';
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
};

listen();
