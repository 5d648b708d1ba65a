import { doubtfulServices } from '../../mirror/doubtful.ts';
import { instancesIn, tasksIn } from '../../mirror/mirror.ts';
import type { Service } from '../../model/service.ts';
import { minuteMs } from '../../model/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterReader } from '../../ports/cluster-api.ts';
import type { KeptMirror, MirrorStore } from '../../ports/mirror-store.ts';
import type { Reading } from '../../ports/reading.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** A mirror that was not compared with ECS for so long is not believed: the comparison comes every ten minutes. */
const comparedWithinMs = 30 * minuteMs;

/** Services that were not read for so long are read anew: they are read each minute. */
const servicesWithinMs = 2 * minuteMs;

export interface MirroredDependencies<Recalls extends 'recallMirror' | 'recallServices'> {
  readonly mirrors: Pick<MirrorStore, Recalls>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const whole = <T>(items: readonly T[]): Reading<T> => ({ items, gaps: [] });

/**
 * What a decision reads a mirrored cluster through: container instances, tasks, services and task definitions come from
 * the mirror, all else from ECS. Undefined where there is none to be believed; ECS is then described as if there were none.
 */
export const mirroredReader = async (
  cluster: string,
  direct: ClusterReader,
  { mirrors, clock, telemetry }: MirroredDependencies<'recallMirror'>,
): Promise<ClusterReader | undefined> => {
  const now = clock.now();
  const kept = await recalled(cluster, mirrors, telemetry, now);
  if (kept?.comparedAt === undefined || now - kept.comparedAt > comparedWithinMs) return undefined;
  const { mirror, services } = kept;
  const definitions = new Map(kept.taskDefinitions.map((it) => [it.arn, it]));
  return {
    ...direct,
    containerInstances: () => Promise.resolve(whole(instancesIn(mirror))),
    tasks: () => Promise.resolve(whole(tasksIn(mirror))),
    services: () =>
      services !== undefined && now - services.readAt <= servicesWithinMs
        ? asTheyAre(cluster, services.services, doubtfulServices(services.services, mirror, services.readAt), direct)
        : direct.services(cluster),
    taskDefinitions: async (names) => {
      const known = names.flatMap((it) => definitions.get(it) ?? []);
      const unknown = names.filter((it) => !definitions.has(it));
      if (unknown.length === 0) return whole(known);
      const { items, gaps } = await direct.taskDefinitions(unknown);
      return { items: [...known, ...items], gaps };
    },
  };
};

/** The named ones are read afresh, new ones too; one that is no more is left out. */
const asTheyAre = async (
  cluster: string,
  kept: readonly Service[],
  doubtful: readonly string[],
  direct: ClusterReader,
): Promise<Reading<Service>> => {
  if (doubtful.length === 0) return whole(kept);
  const { items, gaps } = await direct.servicesByName(cluster, doubtful);
  const doubted = new Set(doubtful);
  const fresh = items.filter((it) => it.status !== 'INACTIVE');
  return {
    items: [...kept.filter((it) => !doubted.has(it.name)), ...fresh],
    gaps: gaps.filter((it) => it.cause !== 'missing'),
  };
};

/**
 * The services of a mirrored cluster without the rest of it; undefined where there are
 * none to be believed.
 */
export const mirroredServices = async (
  cluster: string,
  { mirrors, clock, telemetry }: MirroredDependencies<'recallServices'>,
): Promise<Reading<Service> | undefined> => {
  try {
    const kept = await mirrors.recallServices(cluster);
    return kept === undefined || clock.now() - kept.readAt > servicesWithinMs ? undefined : whole(kept.services);
  } catch (error) {
    telemetry.warn('the mirror cannot be read; the cluster is described instead', { cluster, error: String(error) });
    return undefined;
  }
};

/** A table that cannot be read leaves the direct description. */
const recalled = async (
  cluster: string,
  mirrors: Pick<MirrorStore, 'recallMirror'>,
  telemetry: Telemetry,
  now: number,
): Promise<KeptMirror | undefined> => {
  try {
    return await mirrors.recallMirror(cluster, now);
  } catch (error) {
    telemetry.warn('the mirror cannot be read; the cluster is described instead', { cluster, error: String(error) });
    return undefined;
  }
};
