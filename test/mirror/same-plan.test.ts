import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mirroredReader } from '../../lib/flows/mirror/mirrored-reader.ts';
import { observe } from '../../lib/flows/observe.ts';
import {
  type Change,
  emptyMirror,
  folded,
  instanceChange,
  type Mirror,
  merge,
  taskChange,
} from '../../lib/mirror/mirror.ts';
import type { Observation } from '../../lib/model/observation.ts';
import { secondMs } from '../../lib/model/time.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import type { PlanningInput } from '../../lib/planning/view.ts';
import type { KeptMirror } from '../../lib/ports/mirror-store.ts';
import { clusters } from '../planning/random-inputs.ts';
import { instance, now, task } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';
import { memoryTelemetry } from '../support/memory-telemetry.ts';

const last = 9;

/** All that events tell of a cluster that came to be as it is seen: what is, as it was before, and what is no more. */
const historyOf = ({ containerInstances, tasks }: Observation): readonly Change[] => {
  const at = (version: number): number => now - secondMs * (last - version);
  const steps = [2, 5, last];
  return [
    ...containerInstances.flatMap((it) =>
      steps.map((version) =>
        instanceChange(
          version === last ? { ...it, version } : { ...it, version, status: 'ACTIVE', runningTasksCount: 9 },
          at(version),
        ),
      ),
    ),
    ...tasks.flatMap((it) =>
      steps.map((version) =>
        taskChange({ ...it, version, ...(version === last ? {} : { lastStatus: 'PENDING' }) }, at(version)),
      ),
    ),
    ...[900, 901].flatMap((n) => [
      taskChange(task(n, 0, { version: 3 }), at(3)),
      taskChange(task(n, 0, { version: 4, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }), at(4)),
      instanceChange(instance(n, { version: 3 }), at(3)),
      instanceChange(instance(n, { version: 4, status: 'INACTIVE' }), at(4)),
    ]),
  ];
};

interface Delivery {
  readonly change: Change;
  readonly batch: number;
  readonly order: number;
}

/** Late, doubled and in any order, by batches; all are delivered in the end. */
const delivered = (changes: readonly Change[]): fc.Arbitrary<readonly Mirror[]> =>
  fc
    .tuple(
      ...changes.map((change) =>
        fc.array(fc.record({ change: fc.constant(change), batch: fc.nat({ max: 5 }), order: fc.nat() }), {
          minLength: 1,
          maxLength: 2,
        }),
      ),
    )
    .map((all) => {
      const batches = Map.groupBy(all.flat() as readonly Delivery[], (it) => it.batch);
      return [...batches.values()].map((its) =>
        folded(its.toSorted((a, b) => a.order - b.order).map((it) => it.change)),
      );
    });

const keptOf = (mirror: Mirror, { services, taskDefinitions }: Observation): KeptMirror => ({
  comparedAt: now,
  mirror,
  services: { services, readAt: now },
  taskDefinitions: Object.values(taskDefinitions),
  news: { keys: [], arns: new Set(), bytes: 0 },
  chunks: new Map(),
  bytes: 0,
});

const clock = { now: () => now, sleep: () => Promise.resolve() };

/** What is read with a gap is no matter of mirrors: who keeps one takes nothing of it. */
const wholeOf = (it: PlanningInput): PlanningInput => ({
  ...it,
  observation: {
    ...it.observation,
    gaps: it.observation.gaps.filter(({ subject }) => subject === 'cluster' || subject === 'groups'),
    containerInstances: it.observation.containerInstances.map((one) => ({ ...one, version: last })),
    tasks: it.observation.tasks.map((one) => ({ ...one, version: last })),
  },
});

const histories = clusters.map(wholeOf).chain((input) =>
  fc.record({
    input: fc.constant(input),
    batches: delivered(historyOf(input.observation)),
    gatheredAfter: fc.nat(6),
  }),
);

const byArn = (a: { readonly arn: string }, b: { readonly arn: string }): number => (a.arn < b.arn ? -1 : 1);

describe('a mirror of a random history', () => {
  it('leads to the plan that a direct description leads to', async () => {
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(histories, async ({ input, batches, gatheredAfter }) => {
        const gathered = merge(emptyMirror, batches.slice(0, gatheredAfter), now);
        const mirror = merge(gathered, batches.slice(gatheredAfter), now);
        const aws = new FakeAws(input.observation);
        const mirrored = await mirroredReader('main', aws.cluster, {
          mirrors: { recallMirror: () => Promise.resolve(keptOf(mirror, input.observation)) },
          clock,
          telemetry: memoryTelemetry(),
        });
        if (mirrored === undefined) throw new Error('the mirror is not believed');
        const planOf = async (cluster: typeof mirrored) => {
          const observation = await observe(
            'main',
            { drains: Promise.resolve(input.drains), facts: undefined, confirms: true },
            { cluster, groups: aws.groups },
            now,
          );
          return { observation, plan: planCluster({ ...input, observation }) };
        };
        const direct = await planOf(aws.cluster);
        const byMirror = await planOf(mirrored);
        expect([...byMirror.observation.tasks].sort(byArn)).toEqual([...direct.observation.tasks].sort(byArn));
        expect([...byMirror.observation.services].sort(byArn)).toEqual([...direct.observation.services].sort(byArn));
        expect(byMirror.plan).toEqual(direct.plan);
        steps += direct.plan.steps.length;
      }),
      { numRuns: 1_000, seed: 9 },
    );
    expect(steps).toBeGreaterThan(200);
  });
});
