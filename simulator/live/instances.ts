import type { InstanceVerdict } from '../../lib/model/plan.ts';
import { type GroupInstance, isLeaving } from '../world/auto-scaling/state.ts';
import { type ContainerInstance, isWanted, type Task } from '../world/ecs/state.ts';
import type { World } from '../world/world.ts';
import { type VerdictWords, wordsOf } from './verdict-words.ts';
import type { LifeStage, LiveInstance, LiveTask } from './wire.ts';

/** What is known of instances beside the world itself. */
export interface Known {
  /** Of the last decision, by instance id. */
  readonly verdicts: ReadonlyMap<string, InstanceVerdict>;
  /** Ids of those that EC2 said it takes back. */
  readonly warned: ReadonlySet<string>;
  /** Makes a plan's sentence readable. */
  readonly plain: (text: string) => string;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const statusOf = (task: Task): LiveTask['status'] => {
  if (!isWanted(task)) return 'stopping';
  return task.lastStatus === 'RUNNING' ? 'running' : 'starting';
};

const liveTask = (task: Task): LiveTask => ({
  of: task.service?.name ?? task.definition.family,
  cpuUnits: task.need.cpuUnits,
  memoryMiB: task.need.memoryMiB,
  status: statusOf(task),
});

const tasksOf = (registered: ContainerInstance | undefined): readonly LiveTask[] =>
  [...(registered?.tasks ?? [])]
    .map(liveTask)
    .sort((a, b) => compare(a.of, b.of) || compare(a.status, b.status) || b.cpuUnits - a.cpuUnits);

const isGone = ({ ec2 }: GroupInstance): boolean => ec2.state === 'shutting-down' || ec2.state === 'terminated';

const stageOf = (instance: GroupInstance, registered: ContainerInstance | undefined): LifeStage => {
  if (isGone(instance)) return isLeaving(instance) ? 'leaving' : 'dead';
  if (isLeaving(instance)) return 'leaving';
  if (registered === undefined) return 'launching';
  if (!registered.agentConnected) return 'lost';
  return registered.status === 'DRAINING' ? 'draining' : 'active';
};

const stageWords: Readonly<Record<Exclude<LifeStage, 'active'>, VerdictWords>> = {
  launching: { tone: 'coming', label: 'launching' },
  draining: { tone: 'leaving', label: 'draining' },
  leaving: { tone: 'leaving', label: 'leaving' },
  lost: { tone: 'trouble', label: 'agent lost' },
  dead: { tone: 'trouble', label: 'dead' },
};

const shownAs = (
  stage: LifeStage,
  isWarned: boolean,
  isEmpty: boolean,
  verdict: InstanceVerdict | undefined,
): VerdictWords => {
  if (isWarned && stage !== 'dead') return { tone: 'trouble', label: 'EC2 takes it' };
  if (stage !== 'active') return stageWords[stage];
  if (verdict === undefined || (verdict.kind === 'keep' && verdict.reason === 'notRegistered'))
    return { tone: 'unjudged', label: isEmpty ? 'empty' : 'not judged yet' };
  const words = wordsOf(verdict);
  // What keeps an instance for a moment only is worth the eye's attention where it would be free otherwise.
  return words.tone === 'soon' && !isEmpty ? { ...words, tone: 'use' } : words;
};

const liveInstance = (
  group: string,
  instance: GroupInstance,
  registered: ContainerInstance | undefined,
  { verdicts, warned, plain }: Known,
): LiveInstance => {
  const { id, machine, launchedAt } = instance.ec2;
  const verdict = verdicts.get(id);
  const tasks = tasksOf(registered);
  const stage = stageOf(instance, registered);
  return {
    id,
    group,
    zone: machine.availabilityZone,
    type: machine.instanceType,
    launchedAt,
    stage,
    ...shownAs(stage, warned.has(id), tasks.length === 0, verdict),
    detail: verdict === undefined ? '' : plain(verdict.detail),
    until: verdict?.kind === 'keep' ? verdict.until : undefined,
    cpuUnits: registered?.registered.cpuUnits ?? machine.vcpus * 1024,
    memoryMiB: registered?.registered.memoryMiB ?? machine.memoryMiB - machine.agent.reservedMemoryMiB,
    tasks,
  };
};

/** Every instance of the world's groups as it is now, in the order in which they were launched. */
export const liveInstances = (
  { view }: Pick<World, 'view'>,
  cluster: string,
  known: Known,
): readonly LiveInstance[] => {
  const registered = new Map(
    [...(view.ecs.clusters.get(cluster)?.instances.values() ?? [])].map((it) => [it.ec2InstanceId, it]),
  );
  return [...view.groups.values()]
    .flatMap((group) =>
      [...group.instances.values()].map((it) => liveInstance(group.name, it, registered.get(it.ec2.id), known)),
    )
    .sort((a, b) => a.launchedAt - b.launchedAt || compare(a.id, b.id));
};
