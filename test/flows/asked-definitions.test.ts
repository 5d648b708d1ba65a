import { describe, expect, it } from '@jest/globals';
import { definitionsAskedFor, observe } from '../../lib/flows/observe.ts';
import { nothingAsked } from '../../lib/model/asked-for.ts';
import type { Gap } from '../../lib/model/observation.ts';
import { definitions, now, settings, taskDefinition } from '../support/builders.ts';
import { FakeAws } from '../support/fake-aws.ts';

describe('task definitions that were asked for', () => {
  const job = taskDefinition('job');

  it('are those of capacity runs, queued tasks and headroom', () => {
    const until = { requestedAt: now, until: now + 1, tasks: 1 };
    const asked = {
      ...nothingAsked,
      capacity: [
        { ...until, id: 'a', target: { kind: 'service', service: 'api' } as const },
        {
          ...until,
          id: 'b',
          target: { kind: 'taskDefinition', taskDefinitionArn: 'arn:b', capacityProvider: undefined } as const,
        },
      ],
      queued: [
        { id: 'm', taskDefinitionArn: 'arn:m', group: undefined, capacityProvider: undefined, tasks: 1, queuedAt: now },
      ],
    };
    const headroom = [
      { kind: 'cluster', share: 0.1 },
      { kind: 'taskDefinition', taskDefinition: 'report:3', copies: 1 },
    ] as const;

    expect(definitionsAskedFor(asked, settings({ headroom }))).toEqual(['arn:b', 'arn:m', 'report:3']);
  });

  const look = (aws: FakeAws, names: readonly string[]) =>
    observe(
      'main',
      { drains: Promise.resolve([]), facts: undefined, definitions: () => Promise.resolve(names) },
      aws,
      now,
    );

  it('are observed although nothing runs from them', async () => {
    const aws = new FakeAws({ taskDefinitions: definitions(job) });

    expect((await look(aws, [job.arn])).taskDefinitions).toEqual({ [job.arn]: job });
    expect((await look(aws, [])).taskDefinitions).toEqual({});
  });

  it.each([
    ['is a gap where it was not answered', 'throttled', 1],
    ['is no gap where there is none: all else was seen', 'notFound', 0],
  ] as const)('%s', async (_, cause, gaps) => {
    const aws = new FakeAws();
    const gap: Gap = { subject: 'taskDefinitions', cause, detail: 'DescribeTaskDefinition nope:1' };
    aws.cluster.taskDefinitions = (names) =>
      Promise.resolve({ items: [], gaps: names.includes('nope:1') ? [gap] : [] });

    expect((await look(aws, ['nope:1'])).gaps).toHaveLength(gaps);
  });
});
