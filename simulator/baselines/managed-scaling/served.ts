import type { Group } from '../../world/auto-scaling/state.ts';
import type { CapacityProvider, Cluster } from '../../world/ecs/state.ts';
import { number, text } from '../../world/json.ts';
import type { WorldView } from '../../world/view.ts';

/** A cluster's capacity provider, and the group it stands for. */
export interface Served {
  readonly cluster: Cluster;
  readonly provider: CapacityProvider;
  readonly group: Group;
}

/** A provider's managed scaling. (ECS API, ManagedScaling.) */
export interface Settings {
  readonly targetCapacity: number;
  readonly minimumScalingStepSize: number;
  readonly maximumScalingStepSize: number;
  readonly warmupMs: number;
}

export const settingsOf = ({ managedScaling }: CapacityProvider): Settings => ({
  targetCapacity: number(managedScaling, 'targetCapacity') ?? 100,
  minimumScalingStepSize: number(managedScaling, 'minimumScalingStepSize') ?? 1,
  maximumScalingStepSize: number(managedScaling, 'maximumScalingStepSize') ?? 10_000,
  warmupMs: (number(managedScaling, 'instanceWarmupPeriod') ?? 300) * 1_000,
});

export const isScaled = ({ provider }: Served): boolean => text(provider.managedScaling, 'status') === 'ENABLED';
export const isDrained = ({ provider }: Served): boolean => provider.managedDraining === 'ENABLED';
export const isProtecting = (it: Served): boolean =>
  isScaled(it) && it.provider.managedTerminationProtection === 'ENABLED';

/** The capacity providers of all clusters whose groups are still there. */
export const servedBy = ({ ecs, groups }: WorldView): readonly Served[] => {
  const byArn = new Map([...groups.values()].map((it) => [it.arn, it]));
  return [...ecs.clusters.values()]
    .filter((it) => it.status === 'ACTIVE')
    .flatMap((cluster) =>
      cluster.capacityProviders.flatMap((name) => {
        const provider = ecs.providers.get(name);
        const group = byArn.get(provider?.autoScalingGroupArn ?? '');
        return provider === undefined || group === undefined ? [] : [{ cluster, provider, group }];
      }),
    );
};
