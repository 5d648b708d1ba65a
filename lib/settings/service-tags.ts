import { clusterTag } from '../model/group-contract.ts';
import type { ScalingSettings, ScalingSignal } from '../model/settings.ts';
import { scalingDefaults as defaults } from './scaling-defaults.ts';

const prefix = 'berth:';

/** What may stand on a service; `docs/service-counts.md` has the meaning of each. */
const names = ['min', 'max', 'target-cpu', 'target-memory', 'queue', 'target-backlog', 'pause'] as const;
type Name = (typeof names)[number];

/** What the tags of a service ask for, and what is wrong with them, each problem with its tag. */
export interface TaggedScaling {
  /** Undefined where anything is wrong: half of what was meant is worse than nothing. */
  readonly settings: ScalingSettings | undefined;
  readonly problems: readonly string[];
}

export type Tags = Readonly<Record<string, string>>;

const isName = (name: string): name is Name => names.some((it) => it === name);

interface Reader {
  readonly text: (name: Name) => string | undefined;
  readonly whole: (name: Name, least: number) => number | undefined;
  readonly target: (name: Name) => number | undefined;
  readonly problem: (name: string, remedy: string) => void;
}

const readerOf = (tags: Tags, problems: string[]): Reader => {
  const text = (name: Name): string | undefined =>
    Object.hasOwn(tags, prefix + name) ? tags[prefix + name] : undefined;
  const problem = (name: string, remedy: string): void => {
    problems.push(`tag ${prefix}${name} is ${JSON.stringify(tags[prefix + name] ?? '')}: ${remedy}`);
  };
  const numberIn = (name: Name, form: RegExp, isRight: (it: number) => boolean, remedy: string): number | undefined => {
    const found = text(name);
    if (found === undefined) return undefined;
    if (form.test(found) && isRight(Number(found))) return Number(found);
    problem(name, remedy);
    return undefined;
  };
  return {
    text,
    problem,
    whole: (name, least) =>
      numberIn(name, /^\d{1,4}$/, (it) => it >= least && it <= 5_000, `write a whole number from ${least} to 5000`),
    target: (name) => numberIn(name, /^\d{1,9}(\.\d{1,6})?$/, (it) => it > 0, 'write a number above 0'),
  };
};

const signal = (it: Pick<ScalingSignal, 'name' | 'source' | 'measure'>, target: number): ScalingSignal => ({
  ...it,
  rule: { kind: 'target', target },
  activation: defaults.activation.value,
  noDataIsZero: defaults.noDataIsZero.value,
});

const queueName = /^[\w-]{1,80}(\.fifo)?$/;

const signalsIn = ({ text, target, problem }: Reader): readonly ScalingSignal[] => {
  const [cpu, memory, backlog] = [target('target-cpu'), target('target-memory'), target('target-backlog')];
  const queue = text('queue');
  if (queue !== undefined && !queueName.test(queue)) problem('queue', 'write the name of an SQS queue');
  if (queue !== undefined && text('target-backlog') === undefined)
    problem('queue', 'add berth:target-backlog: how many messages each task may have');
  if (queue === undefined && text('target-backlog') !== undefined)
    problem('target-backlog', 'add berth:queue: the name of the SQS queue');
  return [
    ...(cpu === undefined ? [] : [signal({ name: 'cpu', source: { kind: 'cpu' }, measure: 'perTask' }, cpu)]),
    ...(memory === undefined
      ? []
      : [signal({ name: 'memory', source: { kind: 'memory' }, measure: 'perTask' }, memory)]),
    ...(backlog === undefined || queue === undefined
      ? []
      : [
          signal(
            {
              name: `backlog ${queue}`,
              source: { kind: 'backlog', queue, inFlight: defaults.inFlight.value },
              measure: 'total',
            },
            backlog,
          ),
        ]),
  ];
};

/** `all`, `scale-in`, or either with ` until 2026-12-24T18:00Z`. */
const pauseIn = ({ text, problem }: Reader): ScalingSettings['pause'] => {
  const found = text('pause');
  if (found === undefined) return undefined;
  const [, what, until] =
    /^(all|scale-in)(?: until (\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)))?$/.exec(found) ?? [];
  const at = until === undefined ? undefined : Date.parse(until);
  if (what === undefined || Number.isNaN(at)) {
    problem('pause', 'write all or scale-in, or either followed by: until 2026-12-24T18:00Z');
    return undefined;
  }
  return { what: what === 'all' ? 'all' : 'scaleIn', until: at };
};

/**
 * The scaling of a service whose tags say it; undefined where none of its tags is Berth's. What they do not say is as in
 * `template`. Nothing of it throws: what cannot be read is a problem, and that service is left at its count.
 */
export const scalingFromTags = (tags: Tags, template: ScalingSettings): TaggedScaling | undefined => {
  const own = Object.keys(tags)
    .filter((it) => it.startsWith(prefix) && it !== clusterTag) // a stack may give that one to all it has
    .map((it) => it.slice(prefix.length))
    .sort();
  if (own.length === 0) return undefined;
  const problems: string[] = [];
  const it = readerOf(tags, problems);
  for (const name of own) if (!isName(name)) it.problem(name, `there is no such tag, only ${names.join(', ')}`);
  const [maximum, minimum = template.minimum] = [it.whole('max', 1), it.whole('min', 0)];
  const signals = signalsIn(it);
  const pause = pauseIn(it);
  if (it.text('max') === undefined)
    problems.push(`tag ${prefix}max is missing: add it, no service grows without bound`);
  if (maximum !== undefined && minimum > maximum) it.problem('min', `write at most ${maximum}, as ${prefix}max has it`);
  if (signals.length === 0 && problems.length === 0)
    problems.push(`no tag says by what it is to be scaled: add ${prefix}target-cpu or another target`);
  if (minimum === 0 && signals.length > 0 && !signals.some((one) => one.measure === 'total'))
    it.problem('min', `write 1, or add ${prefix}queue: no other signal tells when no task runs`);
  const settings = maximum === undefined ? undefined : { ...template, minimum, maximum, signals, pause };
  return { settings: problems.length === 0 ? settings : undefined, problems };
};
