import type { GroupConflict } from '../model/auto-scaling-group.ts';
import type { CapacityProvider } from '../model/capacity-provider.ts';
import { clusterTag, contractLacks, lackText } from '../model/group-contract.ts';
import { type GroupSetUp, type LifecycleHook, type SetUpChange, terminating } from '../model/group-set-up.ts';
import { type Added, recordKeys, recordOf, tagsOf, type UndoRecord } from './record.ts';

/** How a group is to be set up. */
export interface Wanted {
  readonly cluster: string;
  readonly lifecycleHookName: string;
  /** Those of the cluster. */
  readonly capacityProviders: readonly CapacityProvider[];
}

/** What is to be done to a group, in order; nothing where it is as it should be. */
export type SetUpPlan =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'planned';
      readonly changes: readonly SetUpChange[];
      /** What was there before and stays as it is. */
      readonly kept: readonly string[];
      /** What nobody but the user can mend, in sentences. */
      readonly left: readonly string[];
      readonly advice: readonly string[];
    };

/** Berth sends a heartbeat half-way through it; a hook that nobody answers ends by itself. */
const heartbeatSeconds = 900;

/** What has already ended or begun by itself goes on: an instance is never kept alive by a hook that nobody answers. */
export const wantedHook = (name: string): LifecycleHook => ({
  name,
  transition: terminating,
  heartbeatSeconds,
  defaultResult: 'CONTINUE',
});

const refusalOf = (setUp: GroupSetUp, { cluster, lifecycleHookName }: Wanted): string | undefined => {
  const other = setUp.tags[clusterTag];
  if (other !== undefined && other !== cluster)
    return `its tag ${clusterTag} opts it in to cluster ${other}: detach it there first (berth detach --cluster ${other} --group ${setUp.name})`;
  if (setUp.conflicts.includes('operator'))
    return 'it is managed by an operator (another AWS service), and nobody else may change it: use a group of your own';
  if (setUp.conflicts.includes('beingDeleted')) return 'it is being deleted';
  const hook = setUp.hooks.find((it) => it.name === lifecycleHookName);
  if (hook !== undefined && hook.transition !== terminating)
    return `it has a hook ${hook.name} of another transition (${hook.transition}), which stays yours: name another in berth.yml (lifecycleHook)`;
  return undefined;
};

/**
 * Instances whose protection differs, before attach, from what the group gave new ones. What was recorded once is kept:
 * of a group that protected none, what is protected once attach has begun may be so by attach.
 */
const exceptionsAfter = (
  setUp: GroupSetUp,
  before: UndoRecord | undefined,
  adding: readonly Added[],
): readonly string[] => {
  const differing = (isProtected: boolean): readonly string[] =>
    setUp.instances.filter((it) => it.protectedFromScaleIn === isProtected).map((it) => it.ec2InstanceId);
  if (before === undefined) return differing(!setUp.newInstancesProtectedFromScaleIn);
  const recorded = new Set(before.exceptions);
  if (before.added.includes('new-instances')) return before.exceptions;
  // somebody has meanwhile told the group to protect new ones no longer: the exceptions are the others now
  if (adding.includes('new-instances')) return differing(true).filter((it) => !recorded.has(it));
  return [...recorded, ...differing(false)];
};

const recordAfter = (
  setUp: GroupSetUp,
  before: UndoRecord | undefined,
  adding: readonly Added[],
  lifecycleHookName: string,
): UndoRecord => {
  const present = new Set(setUp.instances.map((it) => it.ec2InstanceId));
  const exceptions = new Set(exceptionsAfter(setUp, before, adding).filter((it) => present.has(it)));
  return {
    added: [...new Set([...(before?.added ?? []), ...adding])],
    exceptions: [...exceptions].sort(),
    hook: before?.hook ?? (adding.includes('hook') ? lifecycleHookName : undefined),
  };
};

const sameTags = (tags: Readonly<Record<string, string>>, setUp: GroupSetUp): boolean =>
  Object.entries(tags).every(([key, value]) => setUp.tags[key] === value);

interface Addition {
  readonly added: Added;
  readonly change: SetUpChange;
}

/** The opt-in comes last: Berth acts on nothing before the rest of the contract holds. */
const additionsFor = (setUp: GroupSetUp, { cluster, lifecycleHookName }: Wanted): readonly Addition[] => {
  const surroundings = {
    terminationHooks: setUp.hooks.filter((it) => it.transition === terminating).map((it) => it.name),
    scalingPolicies: setUp.scalingPolicies,
  };
  const lacks = contractLacks(setUp, surroundings, lifecycleHookName);
  const has = (kind: (typeof lacks)[number]['kind']): boolean => lacks.some((it) => it.kind === kind);
  const unprotected = lacks.flatMap((it) => (it.kind === 'instancesUnprotected' ? it.ec2InstanceIds : []));
  const additions: readonly (Addition | false)[] = [
    has('noTerminationHook') && {
      added: 'hook',
      change: { kind: 'putTerminationHook', hook: wantedHook(lifecycleHookName) },
    },
    has('newInstancesUnprotected') && { added: 'new-instances', change: { kind: 'protectNewInstances' } },
    unprotected.length > 0 && {
      added: 'instances',
      change: { kind: 'protectInstances', ec2InstanceIds: unprotected },
    },
    has('azRebalance') && { added: 'AZRebalance', change: { kind: 'suspendProcess', process: 'AZRebalance' } },
    setUp.tags[clusterTag] === undefined && { added: 'tag', change: { kind: 'optIn', cluster } },
  ];
  return additions.filter((it) => it !== false);
};

/** What stays as it is although `berth detach` might be thought to take it away. */
const keptOf = (setUp: GroupSetUp, { lifecycleHookName }: Wanted, record: UndoRecord): readonly string[] => {
  const hook = setUp.hooks.find((it) => it.name === lifecycleHookName);
  const kept: readonly (string | false)[] = [
    hook !== undefined &&
      !record.added.includes('hook') &&
      `hook ${hook.name}: yours (${hook.heartbeatSeconds} s, then ${hook.defaultResult})`,
    setUp.newInstancesProtectedFromScaleIn && !record.added.includes('new-instances') && 'new instances are protected',
    setUp.suspendedProcesses.includes('AZRebalance') &&
      !record.added.includes('AZRebalance') &&
      'AZRebalance is suspended',
    setUp.tags[clusterTag] !== undefined && !record.added.includes('tag') && `tag ${clusterTag}`,
  ];
  return kept.filter((it) => it !== false);
};

const conflictTexts: Readonly<Partial<Record<GroupConflict, string>>> = {
  launchSuspended: 'its process Launch is suspended: it cannot grow; resume it',
  terminateSuspended: 'its process Terminate is suspended: it cannot shrink; resume it',
};

/** What nobody but the user can mend. */
const leftOf = (setUp: GroupSetUp, { lifecycleHookName, capacityProviders }: Wanted): readonly string[] => {
  const surroundings = { terminationHooks: [lifecycleHookName], scalingPolicies: setUp.scalingPolicies };
  const users = contractLacks(setUp, surroundings, lifecycleHookName).filter((it) =>
    ['weightedCapacity', 'capacityUnits', 'otherPolicies'].includes(it.kind),
  );
  const managed = capacityProviders.filter((it) => it.autoScalingGroupName === setUp.name && it.managedScaling);
  const starting = setUp.instances.filter((it) => it.lifecycleState.startsWith('Pending') && !it.protectedFromScaleIn);
  return [
    ...users.map(lackText),
    ...setUp.conflicts.flatMap((it) => conflictTexts[it] ?? []),
    ...managed.map(
      (it) =>
        `capacity provider ${it.name} has managed scaling ENABLED: ECS sizes the group, and Berth only drains it; set it to DISABLED to let Berth size it`,
    ),
    ...(starting.length > 0
      ? [
          `${starting.length === 1 ? '1 instance is' : `${starting.length} instances are`} still starting; run attach again once in service to protect what came without protection`,
        ]
      : []),
  ];
};

/** Settings of the ECS agent that help and that no API shows: they stand in the launch template's user data. */
const adviceFor = (setUp: GroupSetUp): readonly string[] => [
  ...(setUp.hasSpot
    ? ['ECS_ENABLE_SPOT_INSTANCE_DRAINING=true   drains at the two-minute notice, even without Berth']
    : []),
  ...(setUp.hasWarmPool ? ['ECS_WARM_POOLS_CHECK=true   else warmed instances register and are counted as room'] : []),
  'ECS_RESERVED_MEMORY=256   leaves memory for the agent and the system',
  'ECS_CONTAINER_STOP_TIMEOUT=2m   where tasks take more than 30 s to stop',
];

/** What it takes to set a group up for Berth. Nothing that was there before is changed. */
export const attachPlan = (setUp: GroupSetUp, wanted: Wanted): SetUpPlan => {
  const refusal = refusalOf(setUp, wanted);
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  const reading = recordOf(setUp);
  if (reading.kind === 'unreadable') return { kind: 'refused', reason: unreadableText(reading.value) };
  const before = reading.kind === 'record' ? reading.record : undefined;
  if (before?.hook !== undefined && before.hook !== wanted.lifecycleHookName)
    return {
      kind: 'refused',
      reason: `it was attached with the hook ${before.hook}, and berth.yml now says ${wanted.lifecycleHookName}: detach it, then attach it again`,
    };
  const additions = additionsFor(setUp, wanted);
  const adding = additions.map((it) => it.added);
  const record = recordAfter(setUp, before, adding, wanted.lifecycleHookName);
  const tags = tagsOf(record, setUp);
  if (tags === undefined)
    return {
      kind: 'refused',
      reason: `the protection of ${record.exceptions.length} instances differs from what it gives new ones, which is too much to keep in its tags: give all of them the same first (aws autoscaling set-instance-protection)`,
    };
  const leftBehind = before === undefined ? recordKeys(setUp) : []; // by an interrupted detach
  const recording: readonly SetUpChange[] = [
    ...(leftBehind.length > 0 ? [{ kind: 'deleteRecord' as const, keys: leftBehind }] : []),
    ...(sameTags(tags, setUp) && leftBehind.length === 0 ? [] : [{ kind: 'writeRecord' as const, tags }]),
  ];
  const changes = additions.map((it) => it.change);
  return {
    kind: 'planned',
    changes: changes.length === 0 ? [] : [...recording, ...changes],
    kept: keptOf(setUp, wanted, record),
    left: leftOf(setUp, wanted),
    advice: adviceFor(setUp),
  };
};

export const unreadableText = (value: string): string =>
  `its tag berth:attached ("${value}") is not of a form this version knows: use the version that wrote it`;
