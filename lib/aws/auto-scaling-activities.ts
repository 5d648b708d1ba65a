import { type Activity, type AutoScalingClient, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import type { FailedActivity } from '../model/observation.ts';
import type { EpochMs } from '../model/time.ts';
import type { GroupReader } from '../ports/group-api.ts';
import type { Reading } from '../ports/reading.ts';
import { decodeEach, need, needTime } from './decoding.ts';
import { joined, readBatches, readPages } from './reads.ts';

const subject = 'activities';

/** The most that DescribeScalingActivities gives at once (AWS API model). */
const perPage = 100;

/** `Details` is JSON in a string: `{"Subnet ID":"…","Availability Zone":"eu-west-1a"}`. */
const zoneIn = (details: string | undefined): string | undefined => {
  try {
    const read: unknown = JSON.parse(details ?? '');
    if (typeof read !== 'object' || read === null || !('Availability Zone' in read)) return undefined;
    const zone = read['Availability Zone'];
    return typeof zone === 'string' ? zone : undefined;
  } catch {
    return undefined; // other activities say other things there
  }
};

/** A launch is told as "Launching a new EC2 instance: i-…", a failed one as "… Status Reason: …". */
const isFailedLaunch = (it: Activity): boolean =>
  it.StatusCode === 'Failed' && (it.Description ?? '').startsWith('Launching');

const failedActivityFrom = (it: Activity): FailedActivity => ({
  group: need(it.AutoScalingGroupName, 'AutoScalingGroupName'),
  activityId: need(it.ActivityId, 'ActivityId'),
  at: needTime(it.StartTime, 'StartTime'),
  cause: it.StatusMessage ?? it.Description ?? it.Cause ?? 'AWS gives no reason',
  availabilityZone: zoneIn(it.Details),
});

/** Those of a group's activities that count, decoded; both faces of AWS end here. */
export const failedActivitiesIn = (activities: readonly Activity[], since: EpochMs): Reading<FailedActivity> => {
  const { items, gaps } = decodeEach(
    subject,
    activities.filter(isFailedLaunch),
    (it) => it.ActivityId,
    failedActivityFrom,
  );
  return { items: items.filter((it) => it.at >= since), gaps };
};

export const autoScalingActivities = (client: AutoScalingClient): Pick<GroupReader, 'failedActivities'> => {
  /** Six weeks of them are kept, the newest first: once a page is old enough, so are all others. */
  const recentOf = (group: string, since: EpochMs): Promise<Reading<Activity>> =>
    readPages(subject, `DescribeScalingActivities of ${group}`, async (NextToken) => {
      const { Activities: items = [], NextToken: next } = await client.send(
        new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group, MaxRecords: perPage, NextToken }),
      );
      const isOld = items.some((it) => (it.StartTime?.getTime() ?? since) < since);
      return { items, next: isOld ? undefined : next };
    });

  return {
    failedActivities: (groups, since) =>
      readBatches(subject, 'DescribeScalingActivities', groups, async (group) => {
        const activities = await recentOf(group, since);
        return joined([{ items: [], gaps: activities.gaps }, failedActivitiesIn(activities.items, since)]);
      }),
  };
};
