import type { LiveInstance, LiveState } from '../wire.ts';
import { byId, make, setText } from './dom.ts';
import { clockText, counted, percent, shortened, spanText, stageWords, toneSigns, toneWords, used } from './words.ts';

export interface ChosenListener {
  readonly onKill: (id: string) => void;
  readonly onInterrupt: (id: string) => void;
}

const row = (name: string, value: HTMLElement): readonly HTMLElement[] => [make('dt', { text: name }), value];

/** The same service and state count as one line. */
const taskLines = ({ tasks }: LiveInstance): readonly string[] =>
  [...Map.groupBy(tasks, (it) => `${it.of} ${it.status} ${it.cpuUnits} ${it.memoryMiB}`).values()].map((its) => {
    const [first] = its;
    if (first === undefined) return '';
    const state = first.status === 'running' ? '' : `, ${first.status}`;
    return `${its.length} × ${first.of}${state}: ${first.cpuUnits} CPU units, ${first.memoryMiB} MiB each`;
  });

/** Why one instance is there, and what can be done to it. */
export class Chosen {
  private readonly none = byId('chosen-none');
  private readonly body = byId('chosen-body');
  private readonly name = make('h3', { className: 'mono' });
  private readonly verdict = make('p', { className: 'verdict' });
  private readonly detail = make('p');
  private readonly where = make('dd');
  private readonly state = make('dd');
  private readonly age = make('dd');
  private readonly load = make('dd');
  private readonly tasks = make('ul', { className: 'tasks' });
  private id: string | undefined;
  private shown: LiveInstance | undefined;

  constructor(listener: ChosenListener) {
    const kill = make('button', { text: 'Kill it', attributes: { type: 'button', id: 'kill-it' } });
    const interrupt = make('button', { text: 'Interrupt it', attributes: { type: 'button', id: 'interrupt-it' } });
    kill.addEventListener('click', () => {
      if (this.id !== undefined) listener.onKill(this.id);
    });
    interrupt.addEventListener('click', () => {
      if (this.id !== undefined) listener.onInterrupt(this.id);
    });
    const facts = make(
      'dl',
      { className: 'facts' },
      ...row('Where', this.where),
      ...row('State', this.state),
      ...row('Age', this.age),
      ...row('Reserved', this.load),
    );
    const buttons = make('p', { className: 'buttons' }, kill, interrupt);
    this.body.append(this.name, this.verdict, this.detail, facts, this.tasks, buttons);
  }

  choose(id: string): void {
    this.id = id;
    this.shown = undefined;
  }

  show({ instances, now }: LiveState): void {
    const it = this.id === undefined ? undefined : instances[this.id];
    this.none.hidden = it !== undefined;
    this.body.hidden = it === undefined;
    if (it === undefined) {
      if (this.id !== undefined) setText(this.none, `${this.id} is gone. Choose another one to see why it is there.`);
      return;
    }
    setText(this.age, spanText(now - it.launchedAt));
    if (this.shown === it) return;
    this.shown = it;
    const { cpuUnits, memoryMiB } = used(it);
    this.verdict.dataset['tone'] = it.tone;
    setText(this.name, it.id);
    setText(this.verdict, `${toneSigns[it.tone]} ${it.label}: ${toneWords[it.tone]}`);
    setText(this.detail, shortened(it.until === undefined ? it.detail : `${it.detail} (until ${clockText(it.until)})`));
    setText(this.where, `${it.group}, ${it.zone}, ${it.type}`);
    setText(this.state, stageWords[it.stage]);
    setText(
      this.load,
      `CPU ${percent(cpuUnits, it.cpuUnits)} %, memory ${percent(memoryMiB, it.memoryMiB)} %, ${counted(it.tasks.length, 'task')}`,
    );
    this.tasks.replaceChildren(...taskLines(it).map((text) => make('li', { text })));
  }
}
