import { describe, expect, it } from '@jest/globals';
import { definitionArn, pages, service, serviceArn } from './answers.ts';
import { describing, reading } from './ecs-harness.ts';
import { type JsonObject } from './loopback-aws.ts';

describe('ecsClusterReader: services', () => {
  it('are read with deployments, target and placement', async () => {
    const { result } = await reading(
      {
        ListServices: pages('serviceArns', [serviceArn('web')]),
        DescribeServices: describing('services', 'services', (name) => service(name)),
      },
      (reader) => reader.services('prod'),
    );

    expect(result).toEqual({
      items: [
        {
          arn: serviceArn('web'),
          name: 'web',
          status: 'ACTIVE',
          schedulingStrategy: 'REPLICA',
          deploymentKind: 'rolling',
          launchType: 'EC2',
          capacityProviderStrategy: [],
          taskDefinitionArn: definitionArn('web'),
          desiredCount: 2,
          runningCount: 1,
          pendingCount: 1,
          minimumHealthyPercent: 50,
          maximumPercent: 150,
          deployments: [
            {
              id: 'ecs-svc/1',
              status: 'PRIMARY',
              launchType: 'EC2',
              capacityProviderStrategy: [],
              taskDefinitionArn: definitionArn('web'),
              desiredCount: 2,
              runningCount: 1,
              pendingCount: 1,
              failedTasks: 0,
              rolloutState: 'IN_PROGRESS',
              createdAt: 1_700_000_002_000,
            },
          ],
          taskSets: [],
          placementConstraints: [{ type: 'distinctInstance' }, { type: 'memberOf', expression: 'attribute:a == b' }],
          placementStrategy: [{ type: 'spread', field: 'attribute:ecs.availability-zone' }],
          availabilityZoneRebalancing: true,
          hasLoadBalancer: false,
          healthCheckGraceMs: undefined,
        },
      ],
      gaps: [],
    });
  });

  it('are read with their tags where those are asked for', async () => {
    const read = (withTags: boolean) =>
      reading(
        {
          ListServices: pages('serviceArns', [serviceArn('web')]),
          DescribeServices: (request) => ({
            services: [
              service('web', request['include'] === undefined ? {} : { tags: [{ key: 'berth:max', value: '9' }] }),
            ],
            failures: [],
          }),
        },
        (reader) => reader.services('prod', withTags),
      );

    expect((await read(true)).result.items[0]?.tags).toEqual({ 'berth:max': '9' });
    expect((await read(false)).result.items[0]?.tags).toBeUndefined();
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['blueGreen', { deploymentConfiguration: { strategy: 'BLUE_GREEN' } }, { deploymentKind: 'blueGreen' }],
    ['codeDeploy', { deploymentController: { type: 'CODE_DEPLOY' } }, { deploymentKind: 'codeDeploy' }],
    [
      'external with a task set',
      {
        deploymentController: { type: 'EXTERNAL' },
        taskDefinition: undefined,
        deployments: [],
        taskSets: [
          {
            id: 'ecs-svc/9',
            status: 'PRIMARY',
            taskDefinition: definitionArn('x'),
            computedDesiredCount: 3,
            capacityProviderStrategy: [{ capacityProvider: 'workers', weight: 1 }],
          },
        ],
      },
      {
        deploymentKind: 'external',
        taskDefinitionArn: definitionArn('x'),
        taskSets: [
          {
            computedDesiredCount: 3,
            capacityProviderStrategy: [{ capacityProvider: 'workers', base: 0, weight: 1 }],
          },
        ],
      },
    ],
    [
      'a load balancer, with the grace of its health checks',
      { loadBalancers: [{ targetGroupArn: 'arn:tg', containerPort: 80 }], healthCheckGracePeriodSeconds: 90 },
      { hasLoadBalancer: true, healthCheckGraceMs: 90_000 },
    ],
    [
      'the load balancer of a task set',
      {
        deploymentController: { type: 'EXTERNAL' },
        taskSets: [
          {
            id: 'ecs-svc/9',
            status: 'PRIMARY',
            taskDefinition: definitionArn('x'),
            loadBalancers: [{ targetGroupArn: 'arn:tg', containerPort: 80 }],
          },
        ],
      },
      { hasLoadBalancer: true },
    ],
    [
      'a daemon, with ECS’s defaults for daemons',
      { schedulingStrategy: 'DAEMON', deploymentConfiguration: undefined },
      { schedulingStrategy: 'DAEMON', minimumHealthyPercent: 0, maximumPercent: 100 },
    ],
  ])('tell %s', async (_, over, expected) => {
    const { result } = await reading(
      {
        ListServices: pages('serviceArns', [serviceArn('web')]),
        DescribeServices: describing('services', 'services', (name) => service(name, over)),
      },
      (reader) => reader.services('prod'),
    );

    expect(result).toMatchObject({ items: [expected], gaps: [] });
  });

  it('that are missing, or deployed in a way unknown to us, are gaps', async () => {
    const { result } = await reading(
      {
        ListServices: pages('serviceArns', [serviceArn('web'), serviceArn('odd')]),
        DescribeServices: () => ({
          services: [service('odd', { deploymentConfiguration: { strategy: 'TELEPORT' } })],
          failures: [{ arn: serviceArn('web'), reason: 'MISSING' }],
        }),
      },
      (reader) => reader.services('prod'),
    );

    expect(result).toEqual({
      items: [],
      gaps: [
        { subject: 'services', cause: 'malformed', detail: `${serviceArn('odd')}: deployment strategy is TELEPORT` },
        { subject: 'services', cause: 'missing', detail: `${serviceArn('web')}: MISSING` },
      ],
    });
  });
});
