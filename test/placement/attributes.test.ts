import { describe, expect, it } from '@jest/globals';
import { expectedFacts, factsOf, type LaunchOptions, withTask } from '../../lib/placement/attributes.ts';
import type { Truth } from '../../lib/placement/query/truth.ts';
import { instance } from '../support/builders.ts';
import { truthOf } from './query-instance.ts';

const sibling = (n: number, attributes: Readonly<Record<string, string>> = {}) =>
  instance(n, {
    attributes: {
      'ecs.instance-type': 'm5.large',
      'ecs.availability-zone': 'eu-west-1a',
      'ecs.subnet-id': 'subnet-a',
      'ecs.cpu-architecture': 'x86_64',
      'ecs.awsvpc-trunk-id': `trunk-${n}`,
      ...attributes,
    },
  });

const launch: LaunchOptions = {
  instanceTypes: ['m5.large', 'm5.xlarge'],
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
};
const oneZone: LaunchOptions = { instanceTypes: ['m5.large'], availabilityZones: ['eu-west-1a'] };
type Row = readonly [expression: string, truth: Truth, meaning: string];

const none: ReadonlySet<string> = new Set();

describe('the instance a group would launch', () => {
  it.each<Row>([
    ['attribute:ecs.instance-type =~ m5.*', true, 'every type of the group is an M5'],
    ['attribute:ecs.instance-type == m5.large', 'unknown', 'it may be the other type'],
    ['attribute:ecs.instance-type == c5.large', false, 'no type of the group is that'],
    ['attribute:ecs.availability-zone in [eu-west-1a, eu-west-1b]', true, 'in one of its zones'],
    ['attribute:ecs.availability-zone != eu-west-1a', 'unknown', 'its siblings are there, it need not be'],
    ['attribute:ecs.subnet-id == subnet-a', 'unknown', 'another zone has another subnet'],
    ['attribute:ecs.cpu-architecture == x86_64', true, 'its siblings agree'],
    ['attribute:stack == prod', 'unknown', 'its siblings differ'],
    ['attribute:stack exists', true, 'though all have one'],
    ['attribute:ecs.awsvpc-trunk-id exists', true, 'all have a trunk'],
    ['attribute:ecs.awsvpc-trunk-id == trunk-1', 'unknown', 'each its own'],
    ['attribute:spot exists', 'unknown', 'some siblings have it'],
    ['attribute:gpu exists', false, 'no sibling has it'],
    ['agentConnected == true', true, 'it takes no task before'],
    ['agentVersion > 1.0', 'unknown', 'its agent may be newer'],
    ['ec2InstanceId == i-1', 'unknown', 'it has no id yet'],
    ['registeredAt > 2018-01-01', 'unknown', 'nor a time'],
    ['runningTasksCount == 0', true, 'it begins empty'],
    ['task:group exists', false, 'it begins empty'],
  ])('%s is %s: %s', (expression, truth) => {
    const siblings = [sibling(1, { stack: 'prod', spot: '' }), sibling(2, { stack: 'dev' })];

    expect(truthOf(expression, expectedFacts(launch, siblings, none))).toBe(truth);
  });

  it('is in the subnet of its siblings where the group has one zone', () => {
    const facts = expectedFacts(oneZone, [sibling(1), sibling(2)], none);

    expect(truthOf('attribute:ecs.subnet-id == subnet-a', facts)).toBe(true);
  });

  it('is unknown but for type and zone where it has no siblings', () => {
    const facts = expectedFacts(oneZone, [], none);

    expect(truthOf('attribute:ecs.instance-type == m5.large', facts)).toBe(true);
    expect(truthOf('attribute:ecs.subnet-id exists', facts)).toBe('unknown');
    expect(truthOf('attribute:ecs.os-type == linux', facts)).toBe('unknown');
  });

  it('is of the type and zone of its siblings where the group names none', () => {
    const facts = expectedFacts({ instanceTypes: [], availabilityZones: [] }, [sibling(1)], none);

    expect(truthOf('attribute:ecs.instance-type == m5.large', facts)).toBe(true);
    expect(truthOf('attribute:ecs.availability-zone == eu-west-1a', facts)).toBe(true);
  });

  it('hosts the daemons it was promised, and an unknown number of tasks', () => {
    const facts = expectedFacts(oneZone, [], new Set(['service:logs']));

    expect(truthOf('task:group == service:logs', facts)).toBe(true);
    expect(truthOf('runningTasksCount == 0', facts)).toBe('unknown');
  });
});

describe('an instance on which a task was placed', () => {
  it('hosts its group, and runs an unknown number of tasks until it has left PENDING', () => {
    const before = factsOf(sibling(1), new Set(['database']));
    const after = withTask(before, 'service:api');

    expect(truthOf('task:group == service:api', before)).toBe(false);
    expect(truthOf('task:group == service:api && task:group == database', after)).toBe(true);
    expect(truthOf('runningTasksCount == 0', before)).toBe(true);
    expect(truthOf('runningTasksCount == 0', after)).toBe('unknown');
    expect(truthOf('task:group == database', withTask({ ...before, taskGroups: undefined }, 'x'))).toBe('unknown');
  });
});
