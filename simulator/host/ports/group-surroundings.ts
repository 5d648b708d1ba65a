import type { Activity } from '@aws-sdk/client-auto-scaling';
import { failedActivitiesIn } from '../../../lib/aws/auto-scaling-activities.ts';
import { surroundingsFrom } from '../../../lib/aws/auto-scaling-surroundings.ts';
import { joined } from '../../../lib/aws/reads.ts';
import type { GroupSurroundings } from '../../../lib/model/memory.ts';
import type { Subject } from '../../../lib/model/observation.ts';
import type { GroupReader } from '../../../lib/ports/group-api.ts';
import type { Reading } from '../../../lib/ports/reading.ts';
import { detailsOf } from '../../world/auto-scaling/activities.ts';
import { globalTimeoutMs } from '../../world/auto-scaling/lifecycle-hooks.ts';
import type { Group } from '../../world/auto-scaling/state.ts';
import { flag, text } from '../../world/json.ts';
import type { World } from '../../world/world.ts';
import { callsFor, concurrentCalls, gap } from './readings.ts';
import type { Requests } from './requests.ts';

const activitiesPerPage = 100;

const surroundingsOf = (group: Group): Reading<GroupSurroundings> =>
  surroundingsFrom(
    group.name,
    Array.from(group.hooks.values(), (it) => ({
      LifecycleHookName: it.name,
      LifecycleTransition: it.transition,
      HeartbeatTimeout: it.heartbeatMs / 1_000,
      GlobalTimeout: globalTimeoutMs(it) / 1_000,
    })),
    Array.from(group.policies.values(), (it) => ({ PolicyName: text(it, 'PolicyName'), Enabled: flag(it, 'Enabled') })),
    group.refreshes.map((it) => ({ Status: it.status })),
  );

const activitiesOf = (group: Group): readonly Activity[] =>
  group.activities.toReversed().map((it) => ({
    ActivityId: it.id,
    AutoScalingGroupName: group.name,
    Description: it.description,
    Cause: it.cause,
    StartTime: new Date(it.startedAt),
    StatusCode: it.statusCode,
    StatusMessage: it.statusMessage,
    Details: JSON.stringify(detailsOf(group, it)),
  }));

/** What stands around groups, read from the world's own objects for the calls that the adapter would make. */
export const portsSurroundings = (
  { view: { groups } }: World,
  requests: Requests,
): Pick<GroupReader, 'surroundings' | 'failedActivities'> => {
  const missing = (subject: Subject, operation: string, name: string): Reading<never> => ({
    items: [],
    gaps: [
      gap(subject, 'notFound', `${operation} of ${name}: ValidationError: AutoScalingGroup name not found - null`),
    ],
  });
  const throttled = (subject: Subject, operation: string, names: readonly string[]): Reading<never> => ({
    items: [],
    gaps: names.map((name) => gap(subject, 'throttled', `${operation} of ${name}: Throttling: Rate exceeded`)),
  });
  /** Of those whose calls were answered, and gaps for the others; the last ones are refused. */
  const answered = <T>(
    subject: Subject,
    operation: string,
    names: readonly string[],
    refused: number,
    of: (group: Group) => Reading<T>,
  ): Reading<T> => {
    const read = names.slice(0, Math.max(0, names.length - refused));
    return joined([
      ...read.map((name) => {
        const group = groups.get(name);
        return group === undefined ? missing(subject, operation, name) : of(group);
      }),
      throttled(subject, operation, names.slice(read.length)),
    ]);
  };

  return {
    surroundings: async (names) => {
      const send = (operation: string): Promise<number> =>
        requests.send({ service: 'autoscaling', operation, count: names.length, atOnce: concurrentCalls });
      const hooks = await send('DescribeLifecycleHooks');
      const policies = await send('DescribePolicies');
      const refreshes = await send('DescribeInstanceRefreshes');
      const refused = Math.max(hooks, policies, refreshes);
      return answered('surroundings', 'DescribeLifecycleHooks', names, refused, surroundingsOf);
    },
    failedActivities: async (names, since) => {
      const operation = 'DescribeScalingActivities';
      const pagesOf = (name: string): number =>
        Math.max(
          1,
          callsFor(
            (groups.get(name)?.activities ?? []).filter((it) => it.startedAt >= since).length,
            activitiesPerPage,
          ),
        );
      const count = names.reduce((sum, name) => sum + pagesOf(name), 0);
      const refused = await requests.send({ service: 'autoscaling', operation, count, atOnce: concurrentCalls });
      return answered('activities', operation, names, refused, (group) =>
        failedActivitiesIn(activitiesOf(group), since),
      );
    },
  };
};
