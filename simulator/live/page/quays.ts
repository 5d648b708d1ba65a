import type { LiveInstance, LiveState, LiveTask, Tone } from '../wire.ts';
import { byId, make, setAttribute, setText } from './dom.ts';
import { counted, percent, shortId, toneSigns, toneWords, used } from './words.ts';

/** What the quays tell of what is done at them. */
export interface QuayListener {
  readonly onChosen: (id: string) => void;
}

interface Berth {
  readonly element: HTMLElement;
  readonly sign: HTMLElement;
  readonly cpu: HTMLElement;
  readonly memory: HTMLElement;
  readonly cpuText: HTMLElement;
  readonly memoryText: HTMLElement;
  readonly label: HTMLElement;
  readonly tasks: HTMLElement;
  shown: LiveInstance | undefined;
  highlighted: string | undefined;
}

interface Quay {
  readonly element: HTMLElement;
  readonly summary: HTMLElement;
  readonly list: HTMLElement;
  readonly empty: HTMLElement;
}

/** More instances than these are shown smaller, and then without their names: a screen has so much room. */
const mostRoomy = 30;
const mostNamed = 120;

const tones = Object.keys(toneWords) as readonly Tone[];

const keyOf = ({ group, zone }: Pick<LiveInstance, 'group' | 'zone'>): string => `${group} ${zone}`;

/** A block for each task, as wide as its share of the instance; one gradient is cheaper than an element a task. */
const blocks = (
  tasks: readonly LiveTask[],
  shareOf: (task: LiveTask) => number,
  highlighted: string | undefined,
): string => {
  const stops: string[] = [];
  let from = 0;
  for (const task of tasks) {
    const to = Math.min(1, from + shareOf(task));
    const colour =
      task.of === highlighted
        ? 'var(--mark)'
        : task.status === 'running'
          ? 'var(--tone)'
          : task.status === 'starting'
            ? 'var(--tone-pale)'
            : 'var(--tone-gone)';
    const [start, end] = [(from * 100).toFixed(2), (to * 100).toFixed(2)];
    stops.push(
      `${colour} ${start}% max(${start}%, calc(${end}% - 1px))`,
      `var(--well) max(${start}%, calc(${end}% - 1px)) ${end}%`,
    );
    from = to;
  }
  stops.push(`var(--well) ${(from * 100).toFixed(2)}% 100%`);
  return `linear-gradient(90deg, ${stops.join(', ')})`;
};

const makeBerth = (id: string): Berth => {
  const name = make('span', { className: 'name', text: shortId(id), attributes: { title: id } });
  const sign = make('span', { className: 'sign', attributes: { 'aria-hidden': 'true' } });
  const cpu = make('span', { className: 'bar cpu' });
  const memory = make('span', { className: 'bar memory' });
  const cpuText = make('span', { className: 'share' });
  const memoryText = make('span', { className: 'share' });
  const label = make('span', { className: 'label' });
  const tasks = make('span', { className: 'unseen' });
  const head = make('span', { className: 'head' }, name, sign);
  const element = make(
    'li',
    { className: 'berth', attributes: { role: 'option', tabindex: '-1', 'aria-selected': 'false' } },
    head,
    make('span', { className: 'track' }, cpu, cpuText),
    make('span', { className: 'track' }, memory, memoryText),
    label,
    tasks,
  );
  element.dataset['id'] = id;
  return { element, sign, cpu, memory, cpuText, memoryText, label, tasks, shown: undefined, highlighted: undefined };
};

const paint = (berth: Berth, it: LiveInstance, highlighted: string | undefined): void => {
  if (berth.shown === it && berth.highlighted === highlighted) return;
  berth.shown = it;
  berth.highlighted = highlighted;
  const { element } = berth;
  element.dataset['tone'] = it.tone;
  element.dataset['stage'] = it.stage;
  element.toggleAttribute('data-empty', it.tasks.length === 0 && it.stage === 'active');
  setText(berth.sign, toneSigns[it.tone]);
  setText(berth.label, it.label);
  const { cpuUnits, memoryMiB } = used(it);
  setText(berth.cpuText, `CPU ${percent(cpuUnits, it.cpuUnits)} %`);
  setText(berth.memoryText, `mem ${percent(memoryMiB, it.memoryMiB)} %`);
  setText(berth.tasks, `, ${counted(it.tasks.length, 'task')}`);
  berth.cpu.style.backgroundImage = blocks(it.tasks, (task) => task.cpuUnits / it.cpuUnits, highlighted);
  berth.memory.style.backgroundImage = blocks(it.tasks, (task) => task.memoryMiB / it.memoryMiB, highlighted);
};

const makeQuay = (group: string, zone: string): Quay => {
  const id = `quay-${group}-${zone}`.replace(/[^\w-]/g, '_');
  const summary = make('span', { className: 'faint' });
  const title = make('h3', { text: `${group} `, attributes: { id } }, make('span', { className: 'zone', text: zone }));
  const list = make('ul', { className: 'berths', attributes: { role: 'listbox', 'aria-labelledby': id } });
  const empty = make('p', { className: 'faint no-berth', text: 'No instance here.' });
  const wall = make('div', { className: 'wall', attributes: { 'aria-hidden': 'true' } });
  const element = make(
    'div',
    { className: 'quay' },
    make('div', { className: 'quay-head' }, title, summary),
    wall,
    list,
    empty,
  );
  return { element, summary, list, empty };
};

const summaryText = (all: readonly LiveInstance[]): string => {
  const active = all.filter((it) => it.stage === 'active');
  if (active.length === 0) return counted(all.length, 'instance');
  const total = (of: (it: LiveInstance) => number): number => active.reduce((sum, it) => sum + of(it), 0);
  const cpu = percent(
    total((it) => used(it).cpuUnits),
    total((it) => it.cpuUnits),
  );
  const memory = percent(
    total((it) => used(it).memoryMiB),
    total((it) => it.memoryMiB),
  );
  return `${counted(all.length, 'instance')} · CPU ${cpu} % · memory ${memory} %`;
};

/** The quays with their berths; only what changed is touched. */
export class Quays {
  private readonly listener: QuayListener;
  private readonly root = byId('quays');
  private readonly legend = byId('legend');
  private readonly quays = new Map<string, Quay>();
  private readonly berths = new Map<string, Berth>();
  private readonly counts = new Map<Tone, HTMLElement>();
  private chosen: string | undefined;

  constructor(listener: QuayListener) {
    this.listener = listener;
    this.root.addEventListener('click', (event) => {
      const id = idAt(event.target);
      if (id !== undefined) this.choose(id, true);
    });
    this.root.addEventListener('keydown', (event) => {
      this.move(event);
    });
    for (const tone of tones) this.legend.append(this.legendItem(tone));
  }

  get chosenId(): string | undefined {
    return this.chosen;
  }

  show(state: LiveState, highlighted: string | undefined): void {
    this.showQuays(state);
    this.forget(state);
    const all = Object.values(state.instances);
    for (const it of all) this.showBerth(it, highlighted);
    this.root.dataset['size'] = all.length > mostNamed ? 'dense' : all.length > mostRoomy ? 'small' : 'roomy';
    const byQuay = Map.groupBy(all, keyOf);
    for (const [key, quay] of this.quays) {
      const its = byQuay.get(key) ?? [];
      setText(quay.summary, summaryText(its));
      quay.empty.hidden = its.length > 0;
      quay.list.hidden = its.length === 0;
      this.keepReachable(quay);
    }
    const byTone = Map.groupBy(all, (it) => it.tone);
    for (const [tone, element] of this.counts) setText(element, String(byTone.get(tone)?.length ?? 0));
  }

  private legendItem(tone: Tone): HTMLElement {
    const count = make('b', { text: '0' });
    this.counts.set(tone, count);
    const swatch = make('span', { className: 'swatch', text: toneSigns[tone], attributes: { 'aria-hidden': 'true' } });
    const item = make('li', {}, swatch, document.createTextNode(`${toneWords[tone]} `), count);
    item.dataset['tone'] = tone;
    return item;
  }

  private showQuays({ groups }: LiveState): void {
    for (const { name, zones } of groups)
      for (const zone of zones) {
        const key = keyOf({ group: name, zone });
        if (this.quays.has(key)) continue;
        const quay = makeQuay(name, zone);
        this.quays.set(key, quay);
        this.root.append(quay.element);
      }
  }

  private forget({ instances }: LiveState): void {
    for (const [id, { element }] of this.berths) {
      if (Object.hasOwn(instances, id)) continue;
      const hadFocus = element.contains(document.activeElement);
      const next = element.nextElementSibling ?? element.previousElementSibling;
      element.remove();
      this.berths.delete(id);
      if (hadFocus && next instanceof HTMLElement) next.focus(); // or the keyboard would be back at the top of the page
    }
  }

  private showBerth(it: LiveInstance, highlighted: string | undefined): void {
    let berth = this.berths.get(it.id);
    if (berth === undefined) {
      const quay = this.quays.get(keyOf(it));
      if (quay === undefined) return;
      berth = makeBerth(it.id);
      this.berths.set(it.id, berth);
      quay.list.append(berth.element);
    }
    paint(berth, it, highlighted);
  }

  /** One berth of each quay is on the way of the Tab key; the arrows lead to the others. */
  private keepReachable({ list }: Quay): void {
    if (list.querySelector('[tabindex="0"]') === null) list.firstElementChild?.setAttribute('tabindex', '0');
  }

  choose(id: string, focus: boolean): void {
    const berth = this.berths.get(id);
    if (berth === undefined) return;
    for (const it of this.root.querySelectorAll('[aria-selected="true"]')) it.setAttribute('aria-selected', 'false');
    const { element } = berth;
    for (const it of element.parentElement?.children ?? []) setAttribute(it, 'tabindex', it === element ? '0' : '-1');
    element.setAttribute('aria-selected', 'true');
    if (focus) element.focus();
    this.chosen = id;
    this.listener.onChosen(id);
  }

  private move(event: KeyboardEvent): void {
    const id = idAt(event.target);
    const here = id === undefined ? undefined : this.berths.get(id)?.element;
    const all = [...(here?.parentElement?.children ?? [])];
    if (id === undefined || here === undefined) return;
    const at = all.indexOf(here);
    const columns = Math.max(1, all.filter((it) => top(it) === top(all[0])).length);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + columns,
      ArrowUp: at - columns,
      Home: 0,
      End: all.length - 1,
      Enter: at,
      ' ': at,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[Math.max(0, Math.min(all.length - 1, to))];
    const nextId = idAt(next ?? null);
    if (nextId !== undefined) this.choose(nextId, true);
  }
}

const top = (it: Element | undefined): number => it?.getBoundingClientRect().top ?? 0;

const idAt = (target: EventTarget | null): string | undefined => {
  const berth = target instanceof Element ? target.closest('.berth') : null;
  return berth instanceof HTMLElement ? berth.dataset['id'] : undefined;
};
