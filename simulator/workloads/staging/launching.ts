import type { JsonObject } from '../../world/api.ts';
import { instanceTypes } from '../../world/ec2/instance-types.ts';
import type { World } from '../../world/world.ts';
import type { Scenario, ScenarioGroup, ScenarioTaskSize } from '../scenario.ts';
import type { Setup } from '../setup.ts';
import { callAsWorkload } from './ground.ts';

/** A task definition that takes just this. */
export interface DefinitionParts {
  readonly family: string;
  readonly size: ScenarioTaskSize;
  readonly loadBalancer: boolean;
  /** Longest time from SIGTERM to the end; ECS kills it after 30 s unless told otherwise. */
  readonly stopSeconds: number | undefined;
}

const shippedStopSeconds = 30; // ECS_CONTAINER_STOP_TIMEOUT (ECS agent configuration)

const portsOf = ({ size, loadBalancer }: DefinitionParts): readonly JsonObject[] => {
  const fixed = size.hostPorts.map((port) => ({ containerPort: port, hostPort: port, protocol: 'tcp' }));
  if (fixed.length > 0 || !loadBalancer) return fixed;
  return [{ containerPort: 80, ...(size.networkMode === 'bridge' ? { hostPort: 0 } : {}), protocol: 'tcp' }];
};

/** A new revision of the family. */
export const registerRevision = (world: World, parts: DefinitionParts): void => {
  const { family, size, stopSeconds } = parts;
  callAsWorkload(world, 'ecs', 'RegisterTaskDefinition', {
    family,
    networkMode: size.networkMode,
    requiresCompatibilities: ['EC2'],
    containerDefinitions: [
      {
        name: 'main',
        image: 'example',
        essential: true,
        cpu: size.cpuUnits,
        memory: size.memoryMiB,
        portMappings: portsOf(parts),
        ...(size.gpus === 0 ? {} : { resourceRequirements: [{ type: 'GPU', value: String(size.gpus) }] }),
        ...(stopSeconds !== undefined && stopSeconds > shippedStopSeconds ? { stopTimeout: stopSeconds } : {}),
      },
    ],
  });
};

const mayHold = ({ types }: ScenarioGroup, size: ScenarioTaskSize): boolean =>
  types.some(({ instanceType }) => {
    const type = instanceTypes.get(instanceType);
    return (
      type !== undefined &&
      size.cpuUnits <= type.vcpus * 1_024 &&
      size.memoryMiB < type.memoryMiB &&
      size.gpus <= type.gpus
    );
  });

/**
 * How tasks are launched: by provider wherever ECS shall choose among groups, all weighing the same; else by launch
 * type. A strategy over every group leaves out those whose types are too small, for ECS would not: it chooses by weight.
 */
export const launchMembers = (
  { groups: all }: Scenario,
  setup: Setup,
  size: ScenarioTaskSize,
  groups: readonly string[],
): JsonObject => {
  if (setup.providers === 'launchType' && groups.length === 0) return { launchType: 'EC2' };
  const names = groups.length > 0 ? groups : all.filter((it) => mayHold(it, size)).map((it) => it.name);
  return { capacityProviderStrategy: names.map((capacityProvider) => ({ capacityProvider, weight: 1, base: 0 })) };
};

/** An awsvpc task's subnets. */
export const networkMembers = ({ networkMode }: ScenarioTaskSize): JsonObject =>
  networkMode === 'awsvpc'
    ? { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-00000001'], securityGroups: [] } } }
    : {};
