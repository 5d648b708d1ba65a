import type { Api, JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { flag, requiredText, text, texts } from '../json.ts';
import { type Activities, activityJson } from './activities.ts';
import { instanceDetailsJson } from './group-json.ts';
import { type Groups, groupOf, groupPage, invalid, memberIn, memberOf } from './lookup.ts';
import { dismiss, moveTo } from './roster.ts';
import type { Sizing } from './sizing.ts';
import { type Group, type GroupInstance, isCounted, isLeaving, seenAt } from './state.ts';
import { hideState } from './visibility.ts';

export interface InstanceApiParts {
  readonly ground: Ground;
  readonly groups: Groups;
  readonly sizing: Sizing;
  readonly activities: Activities;
}

const maximumTerminated = 100; // Auto Scaling API, TerminateInstanceInAutoScalingGroup
const maximumProtected = 50; // Auto Scaling API, SetInstanceProtection
const maximumDetached = 20; // Auto Scaling API, DetachInstances

const decrementOf = (input: JsonObject): boolean => {
  const decrement = flag(input, 'ShouldDecrementDesiredCapacity');
  if (decrement === undefined) throw invalid('ShouldDecrementDesiredCapacity is required');
  return decrement;
};

/** The members of a group and its warm pool, those of these ids where any are given. */
const membersAmong = (group: Group, ids: readonly string[]): readonly GroupInstance[] => {
  const warm = group.warmPool?.instances;
  if (ids.length === 0) return [...group.instances.values(), ...(warm?.values() ?? [])];
  return ids.flatMap((id) => group.instances.get(id) ?? warm?.get(id) ?? []);
};

const protectable: readonly string[] = ['InService', 'EnteringStandby', 'Standby'];

export const instanceApi = ({ ground, groups, sizing, activities }: InstanceApiParts): Api => {
  const checkMinimum = (group: Group, fewer: number): void => {
    if (group.desired - fewer >= group.minSize) return;
    throw invalid(
      `Currently, desiredSize equals minSize (${group.minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
    );
  };

  const shrinkBy = (group: Group, fewer: number): void => {
    if (fewer > 0) sizing.setDesired(group, group.desired - fewer, ground.cause());
  };

  /** Instances already on their way out are left alone; a retained one goes for good. */
  const terminate = (group: Group, members: readonly GroupInstance[], decrement: boolean): readonly JsonObject[] => {
    const going = members.filter((it) => !isLeaving(it) || it.state === 'Terminating:Retained');
    const counted = going.filter(isCounted).length;
    if (decrement) {
      checkMinimum(group, counted);
      shrinkBy(group, counted);
    }
    return going.map((it) => {
      hideState(ground, it);
      const replaced = !decrement && isCounted(it);
      return activityJson(
        group,
        sizing.terminate(
          group,
          it,
          replaced,
          ground.cause(),
          'instance was taken out of service in response to a user request',
        ),
      );
    });
  };

  const terminateNamed = (input: JsonObject): JsonObject => {
    const decrement = decrementOf(input);
    const ids = texts(input, 'InstanceIds') ?? [];
    if (ids.length === 0) {
      const { group, it } = memberOf(groups, requiredText(input, 'InstanceId', 'ValidationError'));
      if (isLeaving(it) && it.state !== 'Terminating:Retained')
        throw invalid(`Instance ${it.ec2.id} is already terminating.`);
      const [Activity] = terminate(group, [it], decrement);
      return { Activity };
    }
    if (ids.length > maximumTerminated) throw invalid(`You can specify up to ${maximumTerminated} instances.`);
    const group = groupOf(groups, input);
    return {
      Activities: terminate(
        group,
        ids.map((id) => memberIn(group, id)),
        decrement,
      ),
    };
  };

  const move = (input: JsonObject, what: string, change: (group: Group, it: GroupInstance) => void): JsonObject => {
    const group = groupOf(groups, input);
    const ids = texts(input, 'InstanceIds') ?? [];
    if (ids.length > maximumDetached) throw invalid(`You can specify up to ${maximumDetached} instances.`);
    const members = ids.map((id) => memberIn(group, id));
    return {
      Activities: members.map((it) => {
        const description = `${what} EC2 instance: ${it.ec2.id}`;
        const activity = activities.begin(group, { description, cause: 'a user request' });
        activities.end(activity);
        change(group, it);
        return activityJson(group, activity);
      }),
    };
  };

  const leave = (input: JsonObject, what: string, change: (group: Group, it: GroupInstance) => void): JsonObject => {
    const group = groupOf(groups, input);
    const count = texts(input, 'InstanceIds')?.length ?? 0;
    const decrement = decrementOf(input);
    if (decrement) checkMinimum(group, count);
    const answer = move(input, what, change);
    if (decrement) shrinkBy(group, count);
    else sizing.touch(group);
    return answer;
  };

  return {
    DescribeAutoScalingInstances: (input) => {
      const ids = texts(input, 'InstanceIds') ?? [];
      const now = ground.now();
      const found = [...groups.values()].flatMap((group) =>
        membersAmong(group, ids).map((it) => ({ group, it, state: seenAt(now, it.state, it.seenState) })),
      );
      const { items, nextToken } = groupPage(found, input, 50, 50);
      return {
        AutoScalingInstances: items.flatMap(({ group, it, state }) =>
          state === undefined ? [] : [instanceDetailsJson(group, it, state)],
        ),
        NextToken: nextToken,
      };
    },
    TerminateInstanceInAutoScalingGroup: terminateNamed,
    SetInstanceProtection: (input) => {
      const group = groupOf(groups, input);
      const ids = texts(input, 'InstanceIds') ?? [];
      if (ids.length > maximumProtected) throw invalid(`You can specify up to ${maximumProtected} instances.`);
      const isProtected = flag(input, 'ProtectedFromScaleIn') === true;
      const members = ids.map((id) => memberIn(group, id));
      const unfit = members.find((it) => !protectable.includes(it.state));
      if (unfit !== undefined) throw invalid(`The instance ${unfit.ec2.id} is not in ${protectable.join(' or ')}.`);
      for (const it of members) it.isProtected = isProtected;
      if (!isProtected) sizing.touch(group);
      return {};
    },
    SetInstanceHealth: (input) => {
      const { group, it } = memberOf(groups, requiredText(input, 'InstanceId', 'ValidationError'));
      it.healthStatus = text(input, 'HealthStatus') === 'Unhealthy' ? 'Unhealthy' : 'Healthy';
      sizing.touch(group);
      return {};
    },
    EnterStandby: (input) =>
      leave(input, 'Moving to Standby', (group, it) => {
        moveTo(group, it, 'Standby');
      }),
    ExitStandby: (input) => {
      const answer = move(input, 'Moving out of Standby', (group, it) => {
        moveTo(group, it, 'InService');
      });
      const group = groupOf(groups, input);
      sizing.setDesired(group, group.desired + (texts(input, 'InstanceIds')?.length ?? 0), ground.cause());
      return answer;
    },
    DetachInstances: (input) =>
      leave(input, 'Detaching', (group, it) => {
        dismiss(group, it);
        moveTo(group, it, 'Detached');
        it.isProtected = false; // scale-in protection is lost on detach (Auto Scaling user guide)
      }),
  };
};
