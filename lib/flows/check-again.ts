import type { ContainerInstance } from '../model/container-instance.ts';
import type { StepInstance } from '../model/plan.ts';
import type { ClusterReader } from '../ports/cluster-api.ts';

/** What of a step still holds, and why the rest does not. */
export interface Checked {
  readonly still: readonly StepInstance[];
  readonly left: readonly string[];
}

/** Why a planned instance may not be touched as it is now; undefined where it may. */
type Objection = (planned: StepInstance, now: ContainerInstance | undefined) => string | undefined;

const nothing: Checked = { still: [], left: [] };

const split = (
  instances: readonly StepInstance[],
  reasonAgainst: (it: StepInstance) => string | undefined,
): Checked => {
  const still: StepInstance[] = [];
  const left: string[] = [];
  for (const it of instances) {
    const reason = reasonAgainst(it);
    if (reason === undefined) still.push(it);
    else left.push(`${it.ec2InstanceId} ${reason}`);
  }
  return { still, left };
};

/** Re-reads container instances and keeps those against which nothing speaks. */
export const checkEach = async (
  cluster: string,
  instances: readonly StepInstance[],
  objection: Objection,
  read: ClusterReader,
): Promise<Checked> => {
  if (instances.length === 0) return nothing;
  const { items } = await read.containerInstancesByArn(
    cluster,
    instances.map((it) => it.containerInstanceArn),
  );
  const fresh = new Map(items.map((it) => [it.arn, it]));
  return split(instances, (it) => objection(it, fresh.get(it.containerInstanceArn)));
};

/** Keeps instances that were not registered with ECS and still are not. A read with a hole proves nothing. */
export const checkUnregistered = async (
  cluster: string,
  instances: readonly StepInstance[],
  read: ClusterReader,
): Promise<Checked> => {
  if (instances.length === 0) return nothing;
  const { items, gaps } = await read.containerInstancesByEc2Id(
    cluster,
    instances.map((it) => it.ec2InstanceId),
  );
  const registered = new Set(items.map((it) => it.ec2InstanceId));
  return split(instances, ({ ec2InstanceId }) => {
    if (registered.has(ec2InstanceId)) return 'has registered by now';
    return gaps.length > 0 ? 'may have registered by now' : undefined;
  });
};

/** Leaves out instances one of whose tasks is protected by now, or may be because that could not be read. */
export const protectedAmong = async (
  cluster: string,
  instances: readonly StepInstance[],
  read: ClusterReader,
): Promise<Checked> => {
  const arns = instances.flatMap((it) => it.taskArns ?? []);
  if (arns.length === 0) return { still: instances, left: [] };
  const { items, gaps } = await read.taskProtection(cluster, arns);
  const isProtected = new Map(items.map((it) => [it.taskArn, it.isProtected]));
  return split(instances, ({ taskArns = [] }) => {
    if (taskArns.some((arn) => isProtected.get(arn) === true)) return 'runs a protected task by now';
    const unread = gaps.length > 0 && taskArns.some((arn) => !isProtected.has(arn));
    return unread ? 'may run a protected task by now' : undefined;
  });
};
