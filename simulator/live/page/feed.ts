import type { FeedEntry, LiveState } from '../wire.ts';
import { byId, make } from './dom.ts';
import { clockWithSeconds, shortened } from './words.ts';

/** The page shows fewer than the run keeps: a list of thousands of elements would stall it. */
const mostShown = 80;

const names: Readonly<Record<FeedEntry['from'], string>> = { berth: 'Berth', you: 'You', scenario: 'Scenario' };

const item = ({ at, from, lines, notes, number }: FeedEntry): HTMLElement => {
  const when = make('time', { text: clockWithSeconds(at), attributes: { datetime: new Date(at).toISOString() } });
  const head = make('p', { className: 'when' }, when, make('span', { className: 'from', text: names[from] }));
  const told = lines.map(({ text, reason, isTrouble }) => {
    const line = make('li', {}, make('span', { className: 'what', text: shortened(text) }));
    if (isTrouble) line.className = 'trouble';
    if (reason !== undefined && reason !== '') line.append(make('span', { className: 'why', text: shortened(reason) }));
    return line;
  });
  const noted = notes.map((text) => make('li', { className: 'note', text: shortened(text) }));
  const it = make('li', { className: `entry from-${from}` }, head, make('ul', {}, ...told, ...noted));
  it.dataset['number'] = String(number);
  return it;
};

/** The feed, newest first; new entries are put on top of what stands there. */
export class Feed {
  private readonly list = byId('feed');
  private newest = 0;
  private run: string | undefined;

  show({ feed, scene }: LiveState): void {
    if (this.run !== scene.run) {
      this.list.replaceChildren();
      this.newest = 0;
      this.run = scene.run;
    }
    const fresh = feed.filter((it) => it.number > this.newest).slice(-mostShown);
    if (fresh.length === 0) return;
    const stays = this.list.scrollTop;
    const height = this.list.scrollHeight;
    this.list.prepend(...fresh.toReversed().map(item));
    this.newest = fresh.at(-1)?.number ?? this.newest;
    while (this.list.children.length > mostShown) this.list.lastElementChild?.remove();
    if (stays > 0) this.list.scrollTop = stays + this.list.scrollHeight - height; // who reads further down stays there
  }
}
