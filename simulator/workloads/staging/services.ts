import type { JsonObject } from '../../world/api.ts';
import type { World } from '../../world/world.ts';
import type { ScenarioService } from '../scenario.ts';
import { callAsWorkload, type StageGround, schedule } from './ground.ts';
import { launchMembers, networkMembers, registerRevision } from './launching.ts';

/** What metrics call the target group of a service: the last part of its ARN. */
export const targetGroupOf = (service: string, index: number): string =>
  `targetgroup/${service.slice(0, 32)}/${(index + 1).toString(16).padStart(16, '0')}`;

const register = (world: World, { name, size, loadBalancer, stopMs }: ScenarioService): void => {
  const stopSeconds = stopMs === undefined ? undefined : Math.ceil(stopMs.high / 1_000);
  registerRevision(world, { family: name, size, loadBalancer, stopSeconds });
};

const loadBalancers = (world: World, { name, size }: ScenarioService, index: number): readonly JsonObject[] => [
  {
    targetGroupArn: `arn:aws:elasticloadbalancing:${world.region}:${world.accountId}:${targetGroupOf(name, index)}`,
    containerName: 'main',
    containerPort: size.hostPorts[0] ?? 80,
  },
];

const create = ({ world, scenario, setup }: StageGround, service: ScenarioService, index: number): void => {
  const isDaemon = service.schedulingStrategy === 'DAEMON';
  const { placementStrategy } = service;
  callAsWorkload(world, 'ecs', 'CreateService', {
    cluster: scenario.cluster,
    serviceName: service.name,
    taskDefinition: service.name,
    schedulingStrategy: service.schedulingStrategy,
    ...(isDaemon
      ? { launchType: 'EC2' }
      : {
          desiredCount: service.counts[0]?.count ?? 0,
          availabilityZoneRebalancing: service.availabilityZoneRebalancing ? 'ENABLED' : 'DISABLED',
          ...launchMembers(scenario, setup, service.size, service.groups),
        }),
    deploymentConfiguration: {
      minimumHealthyPercent: service.minimumHealthyPercent,
      maximumPercent: service.maximumPercent,
    },
    placementConstraints: service.placementConstraints,
    ...(placementStrategy === undefined ? {} : { placementStrategy }),
    ...(service.loadBalancer ? { loadBalancers: loadBalancers(world, service, index) } : {}),
    ...networkMembers(service.size),
  });
};

const behave = (world: World, { name, failingStarts, stopMs }: ScenarioService): void => {
  if (failingStarts === 0 && stopMs === undefined) return;
  world.setTaskBehaviour(name, { failingStarts, ...(stopMs === undefined ? {} : { stoppingMs: stopMs }) });
};

/** Creates the services and schedules what their people do: other counts, and deployments of the same size. */
export const stageServices = (ground: StageGround): void => {
  const { world, scenario } = ground;
  const { cluster } = scenario;
  scenario.services.forEach((service, index) => {
    register(world, service);
    behave(world, service);
    create(ground, service, index);
    schedule(
      ground,
      service.counts.slice(1),
      (it) => it.atMs,
      ({ count: desiredCount }) => {
        callAsWorkload(world, 'ecs', 'UpdateService', { cluster, service: service.name, desiredCount });
      },
    );
    schedule(
      ground,
      service.deployAtMs,
      (atMs) => atMs,
      () => {
        register(world, service);
        callAsWorkload(world, 'ecs', 'UpdateService', {
          cluster,
          service: service.name,
          taskDefinition: service.name,
        });
      },
    );
  });
};
