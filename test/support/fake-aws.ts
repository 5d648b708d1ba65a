import type { Actuators } from '../../lib/flows/apply.ts';
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Gap, Observation } from '../../lib/model/observation.ts';
import type { ClusterStatistics, RunTaskOutcome, RunTaskRequest } from '../../lib/ports/cluster-api.ts';
import type { GroupMembership, LaunchOutcome, LaunchRequest } from '../../lib/ports/group-api.ts';
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
  /** The courtesy marks, apart: they change nothing. */
  readonly marks: string[] = [];
  /** What GetTaskProtection answers of tasks, where it is not as in `seen`. */
  protections: Readonly<Record<string, boolean>> = {};
  /** ARNs of task definitions that have been deregistered. */
  readonly deregistered = new Set<string>();
  answerToMark: (arn: string) => ItemOutcome = done;
  answerToRun: (request: RunTaskRequest) => RunTaskOutcome = ({ count, clientToken }) => ({
    kind: 'started',
    taskArns: Array.from({ length: count }, (_, n) => `${clientToken}/${n}`),
    missing: undefined,
  });
  answerToLaunch: (request: LaunchRequest) => LaunchOutcome = ({ count }) => ({
    kind: 'launched',
    ec2InstanceIds: Array.from({ length: count }, (_, n) => `i-new-${n}`),
    missing: undefined,
  });
  /** Stands in for the next answers of all other writes. */
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
    servicesByName: (_, names) => {
      this.beforeCheck();
      return Promise.resolve(
        all(
          this.seen.services.filter((it) => names.includes(it.name)),
          this.gaps('services'),
        ),
      );
    },
    taskDefinitions: (arns) =>
      Promise.resolve(
        all(
          arns.flatMap((arn) => this.seen.taskDefinitions[arn] ?? []),
          this.gaps('taskDefinitions'),
        ),
      ),
    taskDefinitionNow: (arn) =>
      Promise.resolve(
        all(
          [this.seen.taskDefinitions[arn] ?? []].flat().map((definition) => ({
            definition,
            isInactive: this.deregistered.has(arn),
          })),
          this.gaps('taskDefinitions'),
        ),
      ),
    taskProtection: (_, arns) => {
      this.beforeCheck();
      const items = arns.flatMap((taskArn) => {
        const isProtected = this.protections[taskArn] ?? this.seen.taskProtection[taskArn];
        return isProtected === undefined ? [] : [{ taskArn, isProtected }];
      });
      return Promise.resolve(all(items, this.gaps('taskProtection')));
    },
    capacityProviders: () => Promise.resolve(all(this.seen.capacityProviders, this.gaps('capacityProviders'))),
  };

  readonly groups: { -readonly [K in keyof Actuators['groups']]: Actuators['groups'][K] } = {
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
    surroundings: (groups) =>
      Promise.resolve(
        all(
          this.seen.surroundings.filter((it) => groups.includes(it.group)),
          this.gaps('surroundings'),
        ),
      ),
    failedActivities: (groups, since) =>
      Promise.resolve(
        all(
          this.seen.failedActivities.filter((it) => groups.includes(it.group) && it.at >= since),
          this.gaps('activities'),
        ),
      ),
  };

  readonly clusterWriter: Actuators['clusterWriter'] = {
    setContainerInstancesState: (_, arns, status) => this.write(`${status} ${arns.map(idOf).join(' ')}`, arns),
    stopTasks: (_, arns, reason) => this.write(`stop ${arns.map(lastPart).join(' ')} (${reason})`, arns),
    deregisterInstances: (_, arns) => this.write(`deregister ${arns.map(idOf).join(' ')}`, arns),
    markInstances: (_, arns, mark) => {
      this.marks.push(`${mark ?? 'no mark'} ${arns.map(idOf).join(' ')}`);
      return Promise.resolve(arns.map((id) => this.answerToMark(id)));
    },
    setServiceDesiredCount: async (_, service, count) => {
      const [outcome] = await this.write(`count ${service} ${count}`, [service]);
      return outcome ?? done(service);
    },
    runTask: (_, request) => {
      this.writes.push(`run ${request.count} ${request.taskDefinition}`);
      return Promise.resolve(this.answerToRun(request));
    },
  };

  readonly groupWriter: Actuators['groupWriter'] = {
    setDesiredCapacity: async (group, desired) => {
      const [outcome] = await this.write(`desired ${group} ${desired}`, [group]);
      return outcome ?? done(group);
    },
    terminateInstances: (group, ids, desired) =>
      this.write(`terminate ${group} ${ids.join(' ')}${desired === 'kept' ? ', desired kept' : ''}`, ids),
    completeLifecycleActions: (group, hook, ids) => this.write(`complete ${group} ${hook} ${ids.join(' ')}`, ids),
    recordHeartbeats: (group, hook, ids) => this.write(`heartbeat ${group} ${hook} ${ids.join(' ')}`, ids),
    launchInstances: (request) => {
      const { group, count, availabilityZone } = request;
      this.writes.push(`launch ${count} in ${group} ${availabilityZone ?? ''}`.trimEnd());
      return Promise.resolve(this.answerToLaunch(request));
    },
  };

  private write(what: string, ids: readonly string[]): Promise<readonly ItemOutcome[]> {
    this.writes.push(what);
    return Promise.resolve(ids.map((id) => this.answer(id)));
  }
}

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
const idOf = (arn: string): string => `i-${lastPart(arn)}`;
