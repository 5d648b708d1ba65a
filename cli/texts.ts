import type { DemandReport, InstanceVerdict, KeepFinding, Step, UnplacedVerdict } from '../lib/model/plan.ts';
import type { Resources } from '../lib/model/resources.ts';
import { type Style, styled } from './print.ts';

/** `2026-11-23 18:00:00Z`: sorted as text it is sorted in time, and it is the same for all who read it. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;

const units: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 24 * 3_600_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** `3m 20s`, `2h 5m`: two units at most. */
export const spanText = (ms: number): string => {
  const from = units.findIndex(([, size]) => ms >= size);
  if (from < 0) return '0s';
  let rest = ms;
  const parts = units.slice(from, from + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.filter((it) => it !== '').join(' ');
};

export const dollarsText = (dollars: number | undefined): string => (dollars === undefined ? '?' : dollars.toFixed(3));

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

export const resourcesText = ({ cpuUnits, memoryMiB }: Resources): string => `${cpuUnits} CPU units, ${memoryMiB} MiB`;

const until = ({ until }: KeepFinding): string => (until === undefined ? '' : `, until ${timeText(until)}`);

export const findingText = (it: KeepFinding): string => withoutArns(`${it.reason}: ${it.detail}${until(it)}`);

/** The id at the end of an ARN tells a person as much, and explain takes it too. */
export const withoutArns = (text: string): string =>
  text.replace(/arn:[a-z-]+:ecs:[^:\s]*:\d+:(task|container-instance)\/(?:[^/\s]+\/)?([0-9a-f]+)/g, '$1 $2');

/** Why, without the verdict itself. */
export const whyText = (verdict: InstanceVerdict): string => {
  if (verdict.kind === 'keep') return findingText(verdict);
  return withoutArns('cause' in verdict ? `${verdict.cause}: ${verdict.detail}` : verdict.detail);
};

const styleOf: Readonly<Record<InstanceVerdict['kind'], Style>> = {
  keep: 'dim',
  drain: 'yellow',
  draining: 'yellow',
  terminate: 'red',
  restore: 'green',
};

export const verdictText = ({ kind }: InstanceVerdict): string => styled(styleOf[kind], kind);

/** What becomes of tasks without a place, in one sentence. */
export const unplacedText = (it: UnplacedVerdict, isReserve = false): string => {
  switch (it.kind) {
    case 'fitsNow':
      if (isReserve) return `there is room on ${counted(it.instances, 'instance')}`; // nobody is to be started there
      return `there is room on ${counted(it.instances, 'instance')}: ECS starts them${it.detail === undefined ? '' : `; ${it.detail}`}`;
    case 'mayFitNow':
      return `there is room on ${counted(it.instances, 'instance')}, unless ECS takes the worst of several equals`;
    case 'waitsForLaunch':
      return `${counted(it.instances, 'instance')} of ${it.group} on the way`;
    case 'waitsForRoom':
      return `tasks that are about to end leave room on ${counted(it.instances, 'instance')}`;
    case 'launch':
      return `this plan launches ${counted(it.instances, 'instance')} of ${it.group}`;
    case 'restore':
      return `${counted(it.instances, 'draining instance')} taken back`;
    case 'heldBack':
      return it.detail;
    case 'unplaceable':
      return `${it.reason}: ${it.detail}`;
  }
};

const unplacedStyle: Readonly<Record<UnplacedVerdict['kind'], Style>> = {
  fitsNow: 'green',
  mayFitNow: 'green',
  waitsForLaunch: 'yellow',
  waitsForRoom: 'yellow',
  launch: 'yellow',
  restore: 'yellow',
  heldBack: 'red',
  unplaceable: 'red',
};

export const unplacedName = ({ kind }: UnplacedVerdict): string => styled(unplacedStyle[kind], kind);

/** Of which tasks; what room is kept for takes a sentence. */
export const demandText = ({ source, capacityProvider, isReserve }: DemandReport): string =>
  `${isReserve === true ? 'room to be kept' : source}${capacityProvider === undefined ? '' : ` (${capacityProvider})`}`;

const mostIds = 5;

const ids = (all: readonly string[]): string =>
  all.length <= mostIds ? all.join(', ') : `${all.slice(0, mostIds).join(', ')} and ${all.length - mostIds} more`;

const idsOf = (step: Extract<Step, { readonly instances: unknown }>): string =>
  ids(step.instances.map((it) => it.ec2InstanceId));

/** What a step does, in the words of Auto Scaling and ECS. */
export const stepText = (step: Step): string => {
  switch (step.kind) {
    case 'setGroupDesiredCapacity':
      return `set the desired capacity of ${step.group} from ${step.from} to ${step.to}`;
    case 'setServiceDesiredCount':
      return `set the desired count of service ${step.service} from ${step.from} to ${step.to}`;
    case 'launchInstances':
      return `launch ${step.count} in ${step.group}${step.availabilityZone === undefined ? '' : ` (${step.availabilityZone})`}`;
    case 'drainInstances':
      return `drain ${idsOf(step)}`;
    case 'restoreInstances':
      return `set ${idsOf(step)} to ACTIVE again`;
    case 'terminateInstances':
      return `terminate ${idsOf(step)} of ${step.group}`;
    case 'completeLifecycleActions':
      return `let ${idsOf(step)} go (${step.lifecycleHookName})`;
    case 'recordHeartbeats':
      return `keep the hook of ${idsOf(step)} waiting`;
    case 'stopTasks':
      return `stop ${counted(step.taskArns.length, 'task')}`;
    case 'deregisterInstances':
      return `deregister ${idsOf(step)}`;
  }
};
