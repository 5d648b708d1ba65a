import { describe, expect, it } from '@jest/globals';
import type { PlacementConstraint } from '../../lib/model/service.ts';
import type { TaskDefinition } from '../../lib/model/task-definition.ts';
import { expectedFacts, factsOf } from '../../lib/placement/attributes.ts';
import { constraintsOf, verdictOn } from '../../lib/placement/constraints.ts';
import { describeObstacle } from '../../lib/placement/fit.ts';
import type { Facts } from '../../lib/placement/query/evaluate.ts';
import { instance, taskDefinition } from '../support/builders.ts';

const here = factsOf(
  instance(1, {
    attributes: {
      'ecs.cpu-architecture': 'x86_64',
      'ecs.os-family': 'LINUX',
      'ecs.capability.task-eni': '',
      stack: 'prod',
    },
  }),
  new Set(['service:web']),
);
const anywhere: Facts = { ...here, attribute: () => ({ kind: 'unknown' }), taskGroups: undefined };

const verdict = (
  over: Partial<TaskDefinition>,
  constraints: readonly PlacementConstraint[] = [],
  facts: Facts = here,
  group = 'service:api',
) => verdictOn(constraintsOf({ ...taskDefinition('api'), ...over }, group, constraints), facts);

const memberOf = (expression: string): PlacementConstraint => ({ type: 'memberOf', expression });
const distinct: PlacementConstraint = { type: 'distinctInstance' };

describe('the constraints of a task', () => {
  it('allow any instance where there are none', () => {
    expect(verdict({})).toEqual({ kind: 'allowed' });
    expect(verdict({}, [], anywhere)).toEqual({ kind: 'allowed' });
  });

  it.each([
    ['all of them met', { requiresAttributes: ['ecs.capability.task-eni', 'stack'] }, 'allowed'],
    ['an attribute required and not there', { requiresAttributes: ['stack', 'gpu'] }, 'refused'],
    ['the same architecture', { cpuArchitecture: 'X86_64' }, 'allowed'],
    ['the other architecture', { cpuArchitecture: 'ARM64' }, 'refused'],
    ['the same operating system', { operatingSystemFamily: 'LINUX' }, 'allowed'],
    ['another operating system', { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' }, 'refused'],
    ['an expression that holds', { memberOf: ['attribute:stack == prod'] }, 'allowed'],
    ['one of two expressions', { memberOf: ['attribute:stack == prod', 'attribute:stack == dev'] }, 'refused'],
    ['an expression AWS leaves open', { memberOf: ['task:group !~ service:.* or task:group != x.y'] }, 'allowed'],
  ])('of the task definition: %s', (_, over, kind) => {
    expect(verdict(over).kind).toBe(kind);
  });

  it.each([
    [{ requiresAttributes: ['gpu'] }, { kind: 'missingAttribute', name: 'gpu' }, 'has no attribute gpu'],
    [
      { cpuArchitecture: 'ARM64' },
      { kind: 'otherPlatform', attribute: 'ecs.cpu-architecture', needed: 'ARM64' },
      'has another ecs.cpu-architecture than ARM64',
    ],
    [
      { memberOf: ['attribute:stack == dev'] },
      { kind: 'memberOf', expression: 'attribute:stack == dev' },
      'is no member of attribute:stack == dev',
    ],
  ])('say why they refuse an instance: %j', (over, cause, wording) => {
    expect(verdict(over)).toEqual({ kind: 'refused', cause });
    expect(verdict(over, [], anywhere)).toEqual({ kind: 'unknown', cause });
    expect(describeObstacle(verdictCause(over))).toBe(wording);
  });

  it('of the service come on top of those of the task definition', () => {
    const definition = { memberOf: ['attribute:stack == prod'] };

    expect(verdict(definition, [memberOf('agentConnected == true')]).kind).toBe('allowed');
    expect(verdict(definition, [memberOf('agentConnected == false')])).toEqual({
      kind: 'refused',
      cause: { kind: 'memberOf', expression: 'agentConnected == false' },
    });
  });

  it('allow one task of a group an instance where it must be distinct', () => {
    const cause = { kind: 'distinctInstance', group: 'service:web' } as const;

    expect(verdict({}, [distinct]).kind).toBe('allowed');
    expect(verdict({}, [distinct], here, 'service:web')).toEqual({ kind: 'refused', cause });
    expect(verdict({}, [distinct], anywhere, 'service:web')).toEqual({ kind: 'unknown', cause });
    expect(describeObstacle(cause)).toBe('has a task of service:web already');
  });

  it('name the expression that does not parse, unless the instance is refused anyway', () => {
    const broken = memberOf('attribute:stack ==');
    const unparsable = {
      kind: 'unparsable',
      expression: 'attribute:stack ==',
      problem: { kind: 'syntax', position: 18, expected: 'a value', found: 'the end' },
    };

    expect(verdict({}, [broken, memberOf('')])).toEqual(unparsable);
    expect(verdict({ cpuArchitecture: 'X86_64' }, [broken], anywhere)).toEqual(unparsable);
    expect(verdict({ cpuArchitecture: 'ARM64' }, [broken]).kind).toBe('refused');
  });

  it('do not hold it against an instance that its agent does not tell its platform', () => {
    const silent = factsOf(instance(1, { attributes: {} }), new Set());

    expect(verdict({ operatingSystemFamily: 'LINUX' }, [], silent).kind).toBe('unknown');
  });

  it('are not settled for a group that may launch either architecture', () => {
    const either: Facts = {
      ...expectedFacts({ instanceTypes: [], availabilityZones: [] }, [], new Set()),
      attribute: () => ({ kind: 'present', values: ['x86_64', 'arm64'] }),
    };

    expect(verdict({ cpuArchitecture: 'ARM64' }, [], either).kind).toBe('unknown');
  });

  it.each([
    ['distinctInstance', [distinct], true],
    ['a task group, deep inside', [memberOf('not (attribute:a == b or task:group == x)')], true],
    ['a count of tasks', [memberOf('runningTasksCount < 3 and attribute:a == b')], true],
    ['attributes only', [memberOf('not (attribute:a == b or registeredAt > 2018-01-01)')], false],
  ])('must be asked again after each placement if they rest on tasks: %s', (_, constraints, depends) => {
    expect(constraintsOf(taskDefinition('api'), 'service:api', constraints).dependsOnTasks).toBe(depends);
  });

  it('tell which attributes they rest on, so that instances alike are judged once', () => {
    const definition = { ...taskDefinition('api'), requiresAttributes: ['eni'], cpuArchitecture: 'ARM64' };
    const byAttributes = constraintsOf(definition, 'service:api', [
      memberOf('!attribute:a == b or attribute:c exists'),
    ]);
    const byAge = constraintsOf(definition, 'service:api', [memberOf('registeredAt > 2018-01-01')]);

    expect([...byAttributes.attributes]).toEqual(['eni', 'ecs.cpu-architecture', 'a', 'c']);
    expect([byAttributes.dependsOnInstance, byAge.dependsOnInstance]).toEqual([false, true]);
  });
});

const verdictCause = (over: Partial<TaskDefinition>) => {
  const found = verdict(over);
  if (found.kind !== 'refused') throw new Error(found.kind);
  return found.cause;
};
