import { clusterTag, recordTag } from '../model/group-contract.ts';
import { type GroupSetUp, type SetUpChange, terminating } from '../model/group-set-up.ts';
import { type SetUpPlan, unreadableText } from './attach.ts';
import { type Added, recordKeys, recordOf, type UndoRecord } from './record.ts';

/** Instances that are protected now and were not, or would not have been. */
const protectedByAttach = (setUp: GroupSetUp, { added, exceptions }: UndoRecord): readonly string[] => {
  if (!added.includes('instances') && !added.includes('new-instances')) return [];
  const protectedBefore = !added.includes('new-instances');
  const differed = new Set(exceptions);
  return setUp.instances
    .filter((it) => it.protectedFromScaleIn && canBeProtected.includes(it.lifecycleState))
    .map((it) => it.ec2InstanceId)
    .filter((id) => differed.has(id) === protectedBefore)
    .sort();
};

/** The states in which protection can be set at all (EC2 Auto Scaling API, SetInstanceProtection). */
const canBeProtected: readonly string[] = ['InService', 'EnteringStandby', 'Standby'];

/** The opt-in goes first, so that Berth lets go of the group; the record goes last. */
const removals = (setUp: GroupSetUp, record: UndoRecord, cluster: string): readonly SetUpChange[] => {
  const was = (added: Added): boolean => record.added.includes(added);
  const hook = setUp.hooks.find((it) => it.name === record.hook && it.transition === terminating);
  const unprotected = protectedByAttach(setUp, record);
  const changes: readonly (SetUpChange | false)[] = [
    was('tag') && setUp.tags[clusterTag] !== undefined && { kind: 'optOut', cluster },
    hook !== undefined && { kind: 'deleteTerminationHook', name: hook.name },
    was('new-instances') && setUp.newInstancesProtectedFromScaleIn && { kind: 'unprotectNewInstances' },
    unprotected.length > 0 && { kind: 'unprotectInstances', ec2InstanceIds: unprotected },
    was('AZRebalance') &&
      setUp.suspendedProcesses.includes('AZRebalance') && { kind: 'resumeProcess', process: 'AZRebalance' },
  ];
  return changes.filter((it) => it !== false);
};

const heldByHook = (setUp: GroupSetUp): readonly string[] =>
  setUp.instances.filter((it) => it.lifecycleState === 'Terminating:Wait').map((it) => it.ec2InstanceId);

/** What it takes to make a group what it was before it was attached. */
export const detachPlan = (setUp: GroupSetUp, cluster: string): SetUpPlan => {
  const other = setUp.tags[clusterTag];
  if (other !== undefined && other !== cluster)
    return { kind: 'refused', reason: `its tag ${clusterTag} opts it in to cluster ${other}, not ${cluster}` };
  const reading = recordOf(setUp);
  if (reading.kind === 'unreadable') return { kind: 'refused', reason: unreadableText(reading.value) };
  const keys = recordKeys(setUp);
  const planned = { kind: 'planned' as const, kept: [], left: [], advice: [] };
  if (reading.kind === 'none') {
    if (keys.length > 0) return { ...planned, changes: [{ kind: 'deleteRecord', keys }] }; // a detach got this far
    if (other === undefined) return { ...planned, changes: [] };
    return {
      kind: 'refused',
      reason: `it has no tag ${recordTag}: it was not attached by berth attach, so nobody knows what was before. Take out by hand or in your template what was put there (berth detach --format shows what that is)`,
    };
  }
  const held = heldByHook(setUp);
  const changes = removals(setUp, reading.record, cluster);
  const deletesHook = changes.some((it) => it.kind === 'deleteTerminationHook');
  return {
    ...planned,
    changes: [...changes, { kind: 'deleteRecord', keys }],
    kept:
      other !== undefined && !reading.record.added.includes('tag')
        ? [`tag ${clusterTag}: it was there before, and while it is there Berth sizes the group`]
        : [],
    left:
      deletesHook && held.length > 0
        ? [
            `instances wait for the hook and end at once when it goes: ${held.slice(0, 3).join(', ')}${held.length > 3 ? ` and ${held.length - 3} more` : ''}`,
          ]
        : [],
  };
};
