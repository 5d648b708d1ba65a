import type { Action, Answer, LiveState, Speed } from '../wire.ts';
import { byId, make, selectById, setOptions } from './dom.ts';
import { shortId, speedText, zoneLetter } from './words.ts';

const token = document.querySelector<HTMLMetaElement>('meta[name=token]')?.content ?? '';

const inputValue = (id: string): number => {
  const it = byId(id);
  return it instanceof HTMLInputElement ? it.valueAsNumber : Number.NaN;
};

/** Asks the run for something; what became of it stands below the buttons. */
const ask = async (action: Action): Promise<Answer> => {
  try {
    const response = await fetch('/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-berth-token': token },
      body: JSON.stringify(action),
    });
    return (await response.json()) as Answer;
  } catch {
    return { ok: false, said: 'The run does not answer: see whether it still goes on in its terminal.' };
  }
};

const actionOf: Readonly<Record<string, () => Action>> = {
  kill: () => {
    const { value } = selectById('kill-which');
    return value === '' ? { kind: 'kill' } : { kind: 'kill', instance: value };
  },
  interrupt: () => ({ kind: 'interrupt', zone: selectById('interrupt-zone').value }),
  noCapacity: () => ({
    kind: 'noCapacity',
    zone: selectById('no-capacity-zone').value,
    minutes: inputValue('no-capacity-minutes'),
  }),
  surge: () => ({ kind: 'surge', service: selectById('surge-service').value, tasks: inputValue('surge-tasks') }),
  deploy: () => ({ kind: 'deploy', service: selectById('deploy-service').value }),
};

/** Speed, and what hurts. */
export class Controls {
  private readonly said = byId('said');
  private readonly speed = byId('speed');
  private readonly zones = [selectById('interrupt-zone'), selectById('no-capacity-zone')];
  private readonly services = [selectById('surge-service'), selectById('deploy-service')];
  private readonly which = selectById('kill-which');

  constructor() {
    for (const form of document.querySelectorAll<HTMLFormElement>('form.hurt'))
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        const action = actionOf[form.dataset['kind'] ?? ''];
        if (action !== undefined) void this.do(action());
      });
  }

  async do(action: Action): Promise<void> {
    const { ok, said } = await ask(action);
    this.said.dataset['ok'] = String(ok);
    this.said.textContent = action.kind === 'speed' && ok ? '' : said; // the button shows it
  }

  show(state: LiveState, chosen: string | undefined): void {
    this.showSpeeds(state);
    const zones = [...new Set(state.groups.flatMap((it) => it.zones))].sort();
    for (const it of this.zones)
      setOptions(
        it,
        zones.map((zone) => [zone, zone]),
      );
    for (const it of this.services)
      setOptions(
        it,
        state.scene.services.map((name) => [name, name]),
      );
    const one = chosen === undefined ? undefined : state.instances[chosen];
    setOptions(this.which, [
      ['', 'the fullest'],
      ...(one === undefined ? [] : [[one.id, `the one chosen, ${shortId(one.id)} (${zoneLetter(one.zone)})`] as const]),
    ]);
  }

  private showSpeeds({ scene, speed }: LiveState): void {
    if (this.speed.dataset['run'] !== scene.run) {
      this.speed.dataset['run'] = scene.run;
      for (const it of this.speed.querySelectorAll('label')) it.remove();
      this.speed.append(...scene.speeds.map((it) => this.speedChoice(it)));
    }
    for (const it of this.speed.querySelectorAll('input')) {
      const isChosen = it.value === String(speed);
      if (it.checked !== isChosen && document.activeElement !== it) it.checked = isChosen;
    }
  }

  private speedChoice(speed: Speed): HTMLElement {
    const input = make('input', { attributes: { type: 'radio', name: 'speed', value: String(speed) } });
    input.addEventListener('change', () => {
      void this.do({ kind: 'speed', speed });
    });
    return make('label', {}, input, make('span', { text: speedText(speed) }));
  }
}
