import type { AutoScalingGroup, GroupConflict } from '../model/auto-scaling-group.ts';
import { type ContractLack, contractLacks, lackText, remedyOf } from '../model/group-contract.ts';
import { minuteMs, secondMs } from '../model/time.ts';
import type { Examined } from './examined.ts';
import { type Finding, finding } from './finding.ts';

const attachCommand = (cluster: string, group: string): string =>
  `npx berth attach --cluster ${cluster} --group ${group}`;

const conflicts: Readonly<Partial<Record<GroupConflict, readonly [what: string, remedy: string]>>> = {
  operator: ['another AWS service manages it, and nobody else may change it', 'use a group of your own'],
  launchSuspended: ['its process Launch is suspended: it cannot grow', 'resume the process Launch'],
  terminateSuspended: ['its process Terminate is suspended: it cannot shrink', 'resume the process Terminate'],
  beingDeleted: ['it is being deleted', 'none is needed, if that is meant'],
};

/** AZRebalance belongs to the contract, Launch and Terminate to the conflicts. */
const quietSuspensions: readonly string[] = ['AZRebalance', 'Launch', 'Terminate'];

const lackFinding = (cluster: string, group: string, lack: ContractLack): Finding =>
  finding(lack.kind, `group ${group}`, lackText(lack), remedyOf(lack, cluster, group));

/** Heartbeats go out once a minute: a hook that waits less than two may be over before the second. */
const shortestHookMs = 2 * minuteMs;

/** Of the room below its maximum so little is left. */
const nearMaximum = 0.9;

const ofGroup = (it: Examined, group: AutoScalingGroup): readonly Finding[] => {
  const { cluster, input } = it;
  const { capacityProviders, surroundings: all, gaps } = input.observation;
  const subject = `group ${group.name}`;
  const known = gaps.some((gap) => gap.subject === 'surroundings')
    ? undefined
    : all.find((one) => one.group === group.name);
  const lacks = contractLacks(
    group,
    known && { terminationHooks: known.hooks.map((hook) => hook.name), scalingPolicies: known.scalingPolicies },
    input.settings.lifecycleHookName,
  );
  const hook = known?.hooks.find((one) => one.name === input.settings.lifecycleHookName);
  const isHeld = input.settings.groups[group.name]?.hold === true;
  const managing = capacityProviders.filter((one) => one.autoScalingGroupName === group.name && one.managedScaling);
  return [
    ...group.conflicts.flatMap((conflict) => {
      const text = conflicts[conflict];
      return text === undefined ? [] : [finding('groupConflict', subject, ...text)];
    }),
    ...managing
      .filter(() => !isHeld)
      .map((provider) =>
        finding(
          'managedScaling',
          subject,
          `capacity provider ${provider.name} has managed scaling ENABLED: ECS sizes it, Berth only drains and explains`,
          `aws ecs update-capacity-provider --name ${provider.name} --auto-scaling-group-provider managedScaling={status=DISABLED}   with managedTerminationProtection=DISABLED in the same call; in which order: docs/migration.md`,
        ),
      ),
    ...lacks
      .filter((lack) => !(lack.kind === 'azRebalance' && lack.isHarmless))
      .map((lack) => lackFinding(cluster, group.name, lack)),
    ...(hook !== undefined && hook.heartbeatTimeoutMs < shortestHookMs
      ? [
          finding(
            'shortHook',
            subject,
            `its hook ${hook.name} waits ${hook.heartbeatTimeoutMs / secondMs} s between heartbeats: it may be over before Berth sends the next`,
            'give it a heartbeat timeout of 120 s or more; berth attach gives 900 s',
          ),
        ]
      : []),
    ...group.suspendedProcesses
      .filter((process) => !quietSuspensions.includes(process))
      .toSorted()
      .map((process) =>
        finding('processSuspended', subject, `its process ${process} is suspended`, 'resume it, unless that is meant'),
      ),
    ...(group.maxSize > 0 && group.desiredCapacity >= nearMaximum * group.maxSize
      ? [
          finding(
            'groupNearMaximum',
            subject,
            `its desired capacity is ${group.desiredCapacity}, and it may have ${group.maxSize}`,
            'raise its maximum size, if more load is to come',
          ),
        ]
      : []),
  ];
};

/** What is to be said of the groups that are opted in, or were meant to be. */
export const groupFindings = (it: Examined): readonly Finding[] => {
  const { groups, gaps } = it.input.observation;
  const optedIn = new Set(groups.map((group) => group.name));
  const interrupted = it.attached.filter((group) => group.cluster === undefined && !optedIn.has(group.name));
  const none =
    groups.length === 0 && !gaps.some((gap) => gap.subject === 'groups' || gap.subject === 'cluster')
      ? [
          finding(
            'noGroups',
            `cluster ${it.cluster}`,
            `no Auto Scaling group of this region carries berth:cluster=${it.cluster}: there is nothing to size`,
            attachCommand(it.cluster, 'NAME'),
          ),
        ]
      : [];
  return [
    ...none,
    ...interrupted.map(({ name }) =>
      finding(
        'interruptedAttach',
        `group ${name}`,
        'an attach or a detach of it was broken off',
        `${attachCommand(it.cluster, name)}   or detach it: either goes on where it was broken off`,
      ),
    ),
    ...groups.flatMap((group) => ofGroup(it, group)),
  ];
};
