import type { Actuators } from '../../lib/flows/apply.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Gap, Observation } from '../../lib/model/observation.ts';
import type { ClusterStatistics } from '../../lib/ports/cluster-api.ts';
import type { GroupMembership } from '../../lib/ports/group-api.ts';
import type { ItemOutcome, Reading } from '../../lib/ports/reading.ts';
import { observation } from './builders.ts';

const all = <T>(items: readonly T[], gaps: readonly Gap[] = []): Reading<T> => ({ items, gaps });
const done = (id: string): ItemOutcome => ({ id, result: 'done', detail: undefined });

/** The ports over one observation that a test may change between two calls; writes are noted, and answered as told. */
export class FakeAws implements Actuators {
  seen: Observation;
  /** What AWS was asked to change, in order. */
  readonly writes: string[] = [];
  statisticsOf: Reading<ClusterStatistics> = all<ClusterStatistics>([]);
  membershipsOf: readonly GroupMembership[] = [];
  /** Stands in for the next answers of all writes. */
  answer: (id: string) => ItemOutcome = done;
  /** Runs before each fresh read that a step makes: the world may change between plan and step. */
  beforeCheck: () => void = () => undefined;

  constructor(seen: Partial<Observation> = {}) {
    this.seen = observation(seen);
  }

  private gaps(subject: Gap['subject']): readonly Gap[] {
    return this.seen.gaps.filter((it) => it.subject === subject);
  }

  private by(match: (it: ContainerInstance) => boolean): Promise<Reading<ContainerInstance>> {
    return Promise.resolve(all(this.seen.containerInstances.filter(match), this.gaps('containerInstances')));
  }

  readonly cluster: { -readonly [K in keyof Actuators['cluster']]: Actuators['cluster'][K] } = {
    cluster: () =>
      Promise.resolve(all(this.seen.cluster === undefined ? [] : [this.seen.cluster], this.gaps('cluster'))),
    statistics: () => Promise.resolve(this.statisticsOf),
    containerInstances: () => this.by(() => true),
    containerInstancesByArn: (_, arns) => {
      this.beforeCheck();
      return this.by((it) => arns.includes(it.arn));
    },
    containerInstancesByEc2Id: (_, ids) => this.by((it) => ids.includes(it.ec2InstanceId)),
    tasks: () => Promise.resolve(all(this.seen.tasks, this.gaps('tasks'))),
    tasksOn: (_, arn) => Promise.resolve(all(this.seen.tasksOnDraining[arn] ?? [])),
    services: () => Promise.resolve(all(this.seen.services, this.gaps('services'))),
    taskDefinitions: (arns) =>
      Promise.resolve(
        all(
          arns.flatMap((arn) => this.seen.taskDefinitions[arn] ?? []),
          this.gaps('taskDefinitions'),
        ),
      ),
    capacityProviders: () => Promise.resolve(all(this.seen.capacityProviders, this.gaps('capacityProviders'))),
  };

  readonly groups: Actuators['groups'] = {
    groupsOfClusters: (clusters) =>
      Promise.resolve(
        all(
          this.seen.groups.filter((it) => clusters.includes(it.cluster)),
          this.gaps('groups'),
        ),
      ),
    groupsByName: (names) => {
      this.beforeCheck();
      return Promise.resolve(
        all(
          this.seen.groups.filter((it) => names.includes(it.name)),
          this.gaps('groups'),
        ),
      );
    },
    memberships: (ids) => Promise.resolve(all(this.membershipsOf.filter((it) => ids.includes(it.ec2InstanceId)))),
  };

  readonly clusterWriter: Actuators['clusterWriter'] = {
    setContainerInstancesState: (_, arns, status) => this.write(`${status} ${arns.map(idOf).join(' ')}`, arns),
  };

  readonly groupWriter: Actuators['groupWriter'] = {
    setDesiredCapacity: async (group, desired) => {
      const [outcome] = await this.write(`desired ${group} ${desired}`, [group]);
      return outcome ?? done(group);
    },
    terminateInstances: (group, ids) => this.write(`terminate ${group} ${ids.join(' ')}`, ids),
    completeLifecycleActions: (group, hook, ids) => this.write(`complete ${group} ${hook} ${ids.join(' ')}`, ids),
  };

  private write(what: string, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    this.writes.push(what);
    return Promise.resolve(ids.map((id) => this.answer(id)));
  }
}

const idOf = (arn: string): string => `i-${arn.slice(arn.lastIndexOf('/') + 1)}`;
