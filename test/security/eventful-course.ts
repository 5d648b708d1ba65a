import { AwsApiError, type JsonObject, type ServiceName } from '../../simulator/world/api.ts';
import type { World } from '../../simulator/world/world.ts';
import { largeGroup, packedService, scenarioOf } from '../support/scenarios.ts';
import type { RecordedRun } from './recorded.ts';

const cluster = 'main';
const role = 'arn:aws:iam::123456789012:role/nightly';

/** One of everything that makes Berth call AWS: what the settings can ask for is asked for. */
const eventfulSettings = {
  defaults: {
    mode: 'act',
    peakWindow: '0s',
    quietTime: '1m',
    rotation: { outdatedLaunchTemplate: true },
    repair: { agentDisconnected: '5m' },
    drain: { deadline: '2m', onDeadline: 'stopTasks' },
    rebalanceRecommendations: true,
    refusedTasks: '10m',
    taskQueue: { taskDefinitionFamilies: ['nightly'], roles: [role], giveUpAfter: '2m' },
  },
  clusters: {
    [cluster]: {
      groups: { atonce: { launchInstances: true }, jobs: { launchInstances: false } },
    },
  },
};

const scenario = scenarioOf({
  cluster,
  duration: '2h',
  settings: eventfulSettings,
  world: { bestEffortLostShare: 0, eventLateShare: 0 },
  groups: {
    web: largeGroup(1, 10, 2),
    side: largeGroup(1, 3, 1),
    atonce: { ...largeGroup(0, 6), zones: ['a'] },
  },
  services: {
    api: { ...packedService(768, 1_024, { count: 2 }), groups: ['web'] },
    fill: { ...packedService(1_200, 1_024, { count: 2 }), groups: ['web'] },
    aside: { ...packedService(512, 512, { count: 1 }), groups: ['side'] },
    sudden: {
      ...packedService(1_024, 1_024, {
        steps: [
          { at: '0s', value: 0 },
          { at: '4m', value: 3 },
        ],
      }),
      groups: ['atonce'],
    },
  },
});

const newTemplate = Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${cluster} >> /etc/ecs/ecs.config\n`).toString('base64');

/** Somebody else; what AWS refuses is nothing to stop at. */
const by =
  (world: World) =>
  (service: ServiceName, operation: string, input: JsonObject): JsonObject => {
    try {
      return world.call(service, operation, input, 'person');
    } catch (error) {
      if (error instanceof AwsApiError) return {};
      throw error;
    }
  };

/** Environment and command line of the task that is queued, and what else a sender can write. */
export interface Planted {
  readonly environment: string;
  readonly command: string;
  readonly tag: string;
}

const busiest = (world: World, group: string): string =>
  [...(world.view.ecs.clusters.get(cluster)?.instances.values() ?? [])]
    .filter((it) => it.status === 'ACTIVE' && world.view.groups.get(group)?.instances.has(it.ec2InstanceId))
    .sort((a, b) => b.tasks.size - a.tasks.size)[0]?.ec2InstanceId ?? '';

/** Most of an hour in which nearly everything happens that Berth answers with a call. */
export const eventfulRun = (planted: Planted, onAnswer: (answer: unknown) => void): RecordedRun => ({
  scenario,
  minutes: 48,
  people: ({ aws, deployed, at }) => {
    const { world } = aws;
    const person = by(world);
    const { queueUrls, functions } = deployed;
    const send = (QueueUrl: string | undefined, message: object | string): void => {
      const MessageBody = typeof message === 'string' ? message : JSON.stringify(message);
      person('sqs', 'SendMessage', { QueueUrl, MessageBody });
    };
    const ask = (request: object): void => {
      functions.capacityRun.invoke({ cluster, ...request }, onAnswer);
    };
    const setCount = (service: string, desiredCount: number): void => {
      person('ecs', 'UpdateService', { cluster, service, desiredCount });
    };
    person('ecs', 'RegisterTaskDefinition', {
      family: 'nightly',
      taskRoleArn: role,
      executionRoleArn: role,
      containerDefinitions: [
        {
          name: 'main',
          image: 'example',
          essential: true,
          cpu: 256,
          memory: 256,
          environment: [{ name: 'COLOUR', value: planted.environment }],
          command: ['sh', '-c', planted.command],
        },
      ],
    });
    const nightly = (over: object = {}) => ({
      cluster,
      taskDefinition: 'nightly:1',
      overrides: {
        containerOverrides: [
          {
            name: 'main',
            command: ['sh', '-c', planted.command],
            environment: [{ name: 'COLOUR', value: planted.environment }],
          },
        ],
      },
      tags: { colour: planted.tag },
      ...over,
    });
    at(3, () => {
      for (const QueueUrl of [queueUrls.state, queueUrls.urgent, queueUrls.tasks])
        send(QueueUrl, `no JSON: ${planted.command}`);
      person('sqs', 'SendMessage', {
        QueueUrl: queueUrls.decide,
        MessageBody: `no JSON: ${planted.command}`,
        MessageGroupId: cluster,
        MessageDeduplicationId: 'forged',
      });
      send(queueUrls.tasks, nightly({ taskDefinition: 'other:1' }));
    });
    at(5, () => {
      setCount('fill', 4);
      setCount('api', 4);
      send(queueUrls.tasks, nightly({ count: 2 }));
    });
    for (let second = 0; second < 25; second++)
      at(5 + second / 60, () => {
        ask({ action: 'listCapacity' });
      });
    at(8, () => {
      person('ecs', 'RunTask', { cluster, taskDefinition: 'nightly:1', count: 10, launchType: 'EC2' });
      person('ecs', 'RunTask', {
        cluster,
        taskDefinition: 'nightly:1',
        count: 10,
        launchType: 'EC2',
        overrides: nightly().overrides,
      });
      ask({ action: 'plan' });
      ask({ action: 'explain', instance: busiest(world, 'web') });
      ask({ action: 'requestCapacity', id: 'room', service: 'api', tasks: 2, until: '20m' });
      ask({ action: 'listCapacity' });
      ask({ action: 'settings' });
      ask({ action: 'decide' });
    });
    at(10, () => {
      ask({ action: 'extendCapacity', id: 'room', until: '30m' });
      ask({ action: 'pause', what: 'scaleIn', until: '1m' });
    });
    at(11, () => {
      ask({ action: 'resume' });
      ask({ action: 'endCapacity', id: 'room' });
      person('ecs', 'UpdateService', { cluster, service: 'api', forceNewDeployment: true });
    });
    at(15, () => {
      setCount('fill', 2);
    });
    at(16, () => {
      person('ec2', 'CreateLaunchTemplateVersion', {
        LaunchTemplateName: 'side',
        LaunchTemplateData: { InstanceType: 'm5.large', UserData: newTemplate },
      });
      person('autoscaling', 'UpdateAutoScalingGroup', {
        AutoScalingGroupName: 'side',
        LaunchTemplate: { LaunchTemplateName: 'side', Version: '2' },
      });
    });
    at(24, () => {
      aws.world.interruptSpot(busiest(world, 'web'));
    });
    at(30, () => {
      person('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
        InstanceId: busiest(world, 'web'),
        ShouldDecrementDesiredCapacity: false,
      });
    });
    for (const minute of [6, 6.5, 7, ...Array.from({ length: 150 }, (_, n) => 15 + n / 10)])
      at(minute, () => {
        ask({ action: 'plan' });
      });
    at(34, () => {
      setCount('api', 2);
      setCount('fill', 1);
      setCount('sudden', 0);
    });
    // Tasks that no service moves: a drain waits for its deadline, and a lifecycle hook is kept waiting.
    at(38, () => {
      person('ecs', 'RunTask', { cluster, taskDefinition: 'nightly:1', count: 4, launchType: 'EC2' });
    });
    at(38.5, () => {
      person('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
        InstanceId: busiest(world, 'web'),
        ShouldDecrementDesiredCapacity: false,
      });
    });
    at(39, () => {
      const instances = [busiest(world, 'web')];
      ask({ action: 'drain', instances });
      at(39.2, () => {
        ask({ action: 'restore', instances });
      });
    });
  },
});

const quietly = { bestEffortLostShare: 0, eventLateShare: 0 };

/** A group whose agents are gone for good. */
export const lostAgents: RecordedRun = {
  scenario: scenarioOf({
    cluster,
    duration: '1h',
    settings: { defaults: { mode: 'act', repair: { agentDisconnected: '5m' } } },
    world: quietly,
    groups: { web: largeGroup(4, 10, 4), lost: largeGroup(1, 4, 1) },
    services: {
      api: { ...packedService(512, 512, { count: 4 }), groups: ['web'] },
      mourned: { ...packedService(512, 512, { count: 1 }), groups: ['lost'] },
    },
    faults: [{ kind: 'agentDisconnect', at: ['5m'], for: '50m', share: 1, groups: ['lost'] }],
  }),
  minutes: 25,
};

const growing = scenarioOf({
  cluster,
  duration: '1h',
  world: quietly,
  groups: { web: largeGroup(1, 10, 2) },
  services: {
    scaled: packedService(512, 512, {
      steps: [
        { at: '0s', value: 100 },
        { at: '6m', value: 300 },
      ],
      perTask: 50,
    }),
  },
});

/** A service that Berth scales, and whose work trebles. */
export const scaledService: RecordedRun = {
  scenario: { ...growing, services: growing.services.map((it) => ({ ...it, counts: it.counts.slice(0, 1) })) },
  settings: {
    defaults: { mode: 'act' },
    clusters: {
      [cluster]: {
        services: {
          scaled: { scaling: { minimum: 2, maximum: 8, signals: [{ kind: 'cpu', target: 60 }], forecast: {} } },
        },
      },
    },
  },
  minutes: 12,
  people: ({ deployed, at }) => {
    at(11, () => {
      deployed.functions.forecast?.invoke({});
    });
  },
  // The local AWS plays no Application Auto Scaling, which is asked first; until it answers no count is set.
  besides: [
    {
      functionName: 'decide',
      client: 'ECSClient',
      command: 'UpdateServiceCommand',
      input: { cluster, service: 'scaled', desiredCount: 6 },
    },
    {
      functionName: 'metricCheck',
      client: 'ApplicationAutoScalingClient',
      command: 'DescribeScalableTargetsCommand',
      input: { ServiceNamespace: 'ecs', ResourceIds: [`service/${cluster}/scaled`] },
    },
  ],
};

/** Three instances of which one would do, in observe mode; now and then a person asks for the plan. */
export const quietCluster: RecordedRun = {
  scenario: scenarioOf({
    cluster,
    duration: '1h',
    settings: { defaults: { mode: 'observe', peakWindow: '0s' } },
    world: quietly,
    groups: { web: { ...largeGroup(1, 10, 3), zones: ['a'] } },
    services: {
      api: {
        ...packedService(512, 512, { count: 3 }),
        groups: ['web'],
        placementStrategy: [{ type: 'spread', field: 'instanceId' }],
      },
    },
  }),
  minutes: 22,
  people: ({ deployed, at }) => {
    for (const minute of [8.3, 13.6, 18.6])
      at(minute, () => {
        deployed.functions.capacityRun.invoke({ action: 'plan', cluster });
      });
  },
};

/** A drain that a service which cannot move holds up past its deadline. */
export const stuckDrain: RecordedRun = {
  scenario: scenarioOf({
    cluster,
    duration: '1h',
    settings: { defaults: { mode: 'act', quietTime: '20m', drain: { deadline: '1m', onDeadline: 'stopTasks' } } },
    world: quietly,
    groups: { web: largeGroup(0, 10, 2) },
    // ECS neither starts a second one first nor stops the only one first.
    services: { fixed: { ...packedService(512, 512, { count: 1 }), minimumHealthyPercent: 100, maximumPercent: 100 } },
  }),
  minutes: 12,
  people: ({ aws: { world }, deployed, at }) => {
    at(5, () => {
      deployed.functions.capacityRun.invoke({ action: 'drain', cluster, instances: [busiest(world, 'web')] });
    });
  },
};

/** A service from zero instances, while the function that would find out what they register is killed each time. */
export const withoutUrgentEvents: RecordedRun = {
  scenario: scenarioOf({
    cluster,
    duration: '1h',
    settings: { defaults: { mode: 'act' } },
    world: quietly,
    groups: { web: largeGroup(0, 10) },
    services: { api: packedService(512, 512, { count: 2 }) },
  }),
  minutes: 8,
  kills: { killAt: ({ functionName }) => (functionName === 'urgentEvents' ? 1 : undefined) },
};
