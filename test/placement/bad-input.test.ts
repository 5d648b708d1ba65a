/** What should not be, and may be all the same: each is a verdict or a named gap, and what else waits is planned as ever. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Plan } from '../../lib/model/plan.ts';
import type { Service, StrategyItem } from '../../lib/model/service.ts';
import type { TaskDefinition } from '../../lib/model/task-definition.ts';
import { planCluster } from '../../lib/planning/plan.ts';
import {
  definitions,
  deployment,
  group,
  input,
  instance,
  member,
  provider,
  service,
  task,
  taskDefinition,
} from '../support/builders.ts';

const odd = taskDefinition('odd');

const full = instance(1, {
  remaining: { cpuUnits: 0, memoryMiB: 0 },
  attributes: { 'ecs.instance-type': 'm5.large', 'ecs.cpu-architecture': 'x86_64' },
});

/** Beside four tasks of a service like any other, one of a service that is odd. */
const planWith = (
  over: Partial<Service>,
  definition: Partial<TaskDefinition> | 'gone' = {},
  instances: readonly ContainerInstance[] = [full],
  seen: Parameters<typeof input>[0] = {},
): Plan =>
  planCluster(
    input({
      containerInstances: instances,
      services: [
        service(4),
        service(1, {
          name: 'odd',
          taskDefinitionArn: odd.arn,
          deployments: [deployment({ id: 'ecs-svc/2', taskDefinitionArn: odd.arn })],
          ...over,
        }),
      ],
      taskDefinitions: definitions(
        taskDefinition('api'),
        ...(definition === 'gone' ? [] : [{ ...odd, ...definition }]),
      ),
      groups: [group(instances.map((_, n) => member(n + 1)))],
      ...seen,
    }),
  );

const verdictsOf = (plan: Plan, source: string): readonly (readonly [tasks: number, verdict: string])[] =>
  plan.demand
    .filter((it) => it.source === source)
    .flatMap((it) => it.verdicts)
    .map(({ tasks, verdict }) => [tasks, verdict.kind === 'unplaceable' ? verdict.reason : verdict.kind]);

const memberOf = (expression: string): Partial<Service> => ({
  placementConstraints: [{ type: 'memberOf', expression }],
});
const { requirements } = odd;

describe('bad input', () => {
  it.each<readonly [string, Partial<Service>, Partial<TaskDefinition> | 'gone', string]>([
    ['an expression that does not parse', memberOf('attribute:stack == and == (('), {}, 'unclearConstraints'],
    ['an empty expression', memberOf(''), {}, 'unclearConstraints'],
    ['an expression of the task definition that does not parse', {}, { memberOf: ['==='] }, 'unclearConstraints'],
    ['a regular expression that backtracks', memberOf('attribute:a =~ (a)\\1'), {}, 'unclearConstraints'],
    ['an attribute nobody has', memberOf('attribute:nobody == has'), {}, 'excludedByConstraints'],
    ['a required attribute nobody has', {}, { requiresAttributes: ['nobody.has'] }, 'excludedByConstraints'],
    ['a task definition that is gone', {}, 'gone', 'missingTaskDefinition'],
    [
      'a resource of unknown kind',
      {},
      { requirements: { ...requirements, custom: { NeuronDevice: 1 } } },
      'largerThanEveryInstance',
    ],
    ['shared GPUs', {}, { requirements: { ...requirements, gpus: 1, sharesGpus: true } }, 'sharedGpus'],
    ['a platform nobody knows', {}, { cpuArchitecture: 'PDP11' }, 'excludedByConstraints'],
  ])('is %s: said of its tasks, while the others get their instances', (_, over, definition, reason) => {
    const plan = planWith(over, definition);

    expect(verdictsOf(plan, 'service odd')).toEqual([[1, reason]]);
    expect(verdictsOf(plan, 'service api')).toEqual([[4, 'launch']]);
  });

  it('is a capacity provider that nobody knows: its tasks wait for a group that may hold them', () => {
    const strategy: readonly StrategyItem[] = [{ capacityProvider: 'gone', base: 0, weight: 1 }];
    const bound = { launchType: undefined, capacityProviderStrategy: strategy };
    const deployments = [deployment({ id: 'ecs-svc/2', taskDefinitionArn: odd.arn, ...bound })];
    const plan = planWith({ ...bound, deployments });

    expect(verdictsOf(plan, 'service odd').map(([, verdict]) => verdict)).not.toContain('launch');
    expect(verdictsOf(plan, 'service api')).toEqual([[4, 'launch']]);
  });

  it('is a strategy by a field that ECS does not know: planned like one that leaves all instances equal or counts CPU', () => {
    const plan = planWith({
      placementStrategy: [
        { type: 'spread', field: 'moon' },
        { type: 'binpack', field: 'disk' },
      ],
    });

    expect(verdictsOf(plan, 'service odd')).toEqual([[1, 'launch']]);
  });

  it('is less than nothing that remains: nothing is counted on there', () => {
    const overdrawn = instance(1, { remaining: { cpuUnits: -128, memoryMiB: 4096 } });
    const plan = planWith({}, { requirements: { ...requirements, cpuUnits: 0 } }, [overdrawn]);

    expect(verdictsOf(plan, 'service odd')).toEqual([[1, 'launch']]);
  });

  it('is more interfaces in use than a type was thought to have: tasks without one have room all the same', () => {
    const awsvpc = { ...odd, requirements: { ...requirements, networkInterfaces: 1 } };
    const tasks = [1, 2, 3, 4].map((n) => task(n, 1, { taskDefinitionArn: awsvpc.arn, group: 'jobs' }));
    const plan = planCluster(
      input({
        containerInstances: [instance(1)],
        tasks,
        services: [service(2)],
        taskDefinitions: definitions(taskDefinition('api'), awsvpc),
        groups: [group([member(1)])],
      }),
    );

    expect(verdictsOf(plan, 'service api')).toEqual([[2, 'fitsNow']]);
  });

  it('stops no plan, whatever it is: every task that waits has its verdict', () => {
    const amounts = fc.constantFrom(0, 1, 512, 1e9, -1, -512, 0.5);
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '((((', 'attribute:', '=~', '__proto__'));
    const strategyTypes = fc.constantFrom('random' as const, 'spread' as const, 'binpack' as const);
    const cases = fc.record({
      cpuUnits: amounts,
      memoryMiB: amounts,
      left: amounts,
      gpus: amounts,
      expression: texts,
      attribute: texts,
      field: fc.option(texts, { nil: undefined }),
      type: strategyTypes,
      custom: fc.dictionary(texts, amounts, { maxKeys: 2 }),
      provider: fc.option(texts, { nil: undefined }),
    });
    fc.assert(
      fc.property(cases, (it) => {
        const strategy = it.provider === undefined ? [] : [{ capacityProvider: it.provider, base: 0, weight: 1 }];
        const bound = {
          launchType: it.provider === undefined ? ('EC2' as const) : undefined,
          capacityProviderStrategy: strategy,
        };
        const plan = planWith(
          {
            ...bound,
            ...memberOf(it.expression),
            placementStrategy: [{ type: it.type, field: it.field }],
            deployments: [deployment({ id: 'ecs-svc/2', taskDefinitionArn: odd.arn, ...bound })],
          },
          {
            requiresAttributes: [it.attribute],
            requirements: {
              ...requirements,
              cpuUnits: it.cpuUnits,
              memoryMiB: it.memoryMiB,
              gpus: it.gpus,
              custom: it.custom,
            },
          },
          [
            instance(1, {
              remaining: { cpuUnits: it.left, memoryMiB: it.left },
              gpusRemaining: it.gpus,
              customRemaining: it.custom,
            }),
          ],
          { capacityProviders: [provider('web')] },
        );

        for (const { tasks, verdicts } of plan.demand)
          expect(verdicts.reduce((sum, one) => sum + one.tasks, 0)).toBe(tasks);
        expect(plan.demand.map((one) => one.source)).toContain('service api');
      }),
      { numRuns: 500 },
    );
  });
});
