import type { Decision } from '../../lib/flows/decide.ts';
import type { DemandReport, InstanceReport, Plan, Step, StepOutcome, UnplacedVerdict } from '../../lib/model/plan.ts';
import { wordsOf } from './verdict-words.ts';
import type { FeedEntry, FeedLine } from './wire.ts';

/** How steps and verdicts are said; the command line's own words. */
export interface PlanWords {
  readonly step: (step: Step) => string;
  readonly unplaced: (verdict: UnplacedVerdict, isReserve?: boolean) => string;
  readonly demand: (demand: DemandReport) => string;
  /** Makes a plan's sentence readable: ids in place of ARNs. */
  readonly plain: (text: string) => string;
}

/** Lines and notes of one entry: a decision of hundreds of steps is cut, and says so. */
const mostLines = 12;

const cut = <T>(all: readonly T[], more: (count: number) => T): readonly T[] =>
  all.length <= mostLines ? all : [...all.slice(0, mostLines - 1), more(all.length - mostLines + 1)];

const line = ({ step, result, detail }: StepOutcome, words: PlanWords): FeedLine => ({
  text:
    result === 'done'
      ? words.step(step)
      : `${words.step(step)} (${result}${detail === undefined ? '' : `: ${words.plain(detail)}`})`,
  reason: words.plain(step.reason),
  isTrouble: result === 'failed' || result === 'dropped',
});

const moreLines = (count: number): FeedLine => ({ text: `and ${count} more`, reason: undefined, isTrouble: false });

/** `stays: in use 4, group minimum 2`. */
const staysText = (instances: readonly InstanceReport[]): readonly string[] => {
  const counts = new Map<string, number>();
  for (const { verdict } of instances) {
    if (verdict.kind !== 'keep') continue;
    const { label } = wordsOf(verdict);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.length === 0 ? [] : [`stays: ${sorted.map(([label, count]) => `${label} ${count}`).join(', ')}`];
};

/** `3 tasks without a place (service web 2, service api 1): 1 instance of local on the way`; a line a verdict. */
const waitingText = (demand: readonly DemandReport[], words: PlanWords): readonly string[] => {
  const found = demand
    .filter((it) => it.isReserve !== true)
    .flatMap((it) =>
      it.verdicts.map(({ tasks, verdict }) => ({
        tasks,
        of: words.demand(it),
        said: words.plain(words.unplaced(verdict)),
      })),
    );
  return [...Map.groupBy(found, (it) => it.said)].map(([said, its]) => {
    const bySource = Map.groupBy(its, (it) => it.of);
    const sum = (all: typeof its): number => all.reduce((total, it) => total + it.tasks, 0);
    const sources = [...bySource].map(([of, own]) => (its.length === 1 ? of : `${of} ${sum(own)}`)).join(', ');
    return `${sum(its)} ${sum(its) === 1 ? 'task' : 'tasks'} without a place (${sources}): ${said}`;
  });
};

/** What is said beside the steps, and is news by itself. */
const newsOf = ({ demand, notices }: Plan, words: PlanWords): readonly string[] => [
  ...waitingText(demand, words),
  ...notices.map(words.plain),
];

/** What the feed tells of a decision. `news` is what it says beside its steps; the next one is compared with it. */
export interface Told {
  readonly entry: Omit<FeedEntry, 'number'> | undefined;
  readonly news: string;
}

/** A decision without steps is told where what it says of waiting tasks, or notices, was not said by the last one. */
export const tell = ({ plan, outcomes }: Decision, lastNews: string, words: PlanWords): Told => {
  const notes = newsOf(plan, words);
  const news = notes.join('\n');
  if (outcomes.length === 0 && (news === lastNews || news === '')) return { entry: undefined, news };
  return {
    news,
    entry: {
      at: plan.observedAt,
      from: 'berth',
      lines: cut(
        outcomes.map((it) => line(it, words)),
        moreLines,
      ),
      notes: cut([...notes, ...staysText(plan.instances)], (count) => `and ${count} more`),
    },
  };
};
