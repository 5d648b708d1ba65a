import { isCounted } from '../../world/auto-scaling/state.ts';
import { flag, number, text, texts } from '../../world/json.ts';
import type { WorldRecord } from '../../world/log.ts';
import type { World } from '../../world/world.ts';
import type { Report } from '../law.ts';

type ApiRecord = Extract<WorldRecord, { readonly kind: 'api' }>;
type GroupCapacityRecord = Extract<WorldRecord, { readonly kind: 'groupCapacity' }>;

/** How many of a terminating call's instances count towards their group's size. */
const countedOf = ({ input }: ApiRecord, group: string, { view }: World): number => {
  const members = view.groups.get(group)?.instances;
  const id = text(input, 'InstanceId');
  const ids = texts(input, 'InstanceIds') ?? (id === undefined ? [] : [id]);
  return ids.flatMap((it) => members?.get(it) ?? []).filter(isCounted).length;
};

const groupOf = ({ input }: ApiRecord, { view }: World): string | undefined => {
  const named = text(input, 'AutoScalingGroupName');
  const id = text(input, 'InstanceId') ?? '';
  return named ?? [...view.groups.values()].find((it) => it.instances.has(id))?.name;
};

/** The size a refused call would have led to. */
const askedSize = (record: ApiRecord, group: string, world: World): number | undefined => {
  const { operation, input } = record;
  if (operation === 'SetDesiredCapacity') return number(input, 'DesiredCapacity');
  if (operation !== 'TerminateInstanceInAutoScalingGroup') return undefined;
  if (flag(input, 'ShouldDecrementDesiredCapacity') !== true) return undefined;
  return (world.view.groups.get(group)?.desired ?? 0) - countedOf(record, group, world);
};

/** Law 1, of the calls that are made, those that Auto Scaling refuses included. */
export const sizeLaw = (world: World, isController: (caller: string) => boolean, report: Report) => {
  const check = (name: string, size: number, what: string): void => {
    const group = world.view.groups.get(name);
    if (group === undefined || (size >= group.minSize && size <= group.maxSize)) return;
    report(`${what} takes group ${name} to ${size}, which may have ${group.minSize} to ${group.maxSize}`);
  };
  return {
    api: (record: ApiRecord): void => {
      if (record.service !== 'autoscaling' || record.error === undefined) return; // what was done is told by itself
      const group = groupOf(record, world);
      const size = group === undefined ? undefined : askedSize(record, group, world);
      if (group !== undefined && size !== undefined) check(group, size, `${record.operation} (refused)`);
    },
    groupCapacity: ({ group, to, cause }: GroupCapacityRecord): void => {
      if (cause.kind === 'call' && isController(cause.caller)) check(group, to, cause.operation);
    },
  };
};
