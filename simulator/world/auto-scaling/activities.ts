import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, isoTime } from '../json.ts';
import { subnetIn } from './launching.ts';
import type { Activity, Group } from './state.ts';

export interface ActivityParts {
  readonly description: string;
  readonly cause: string;
  readonly zone?: string;
  /** When it began; now unless given. */
  readonly startedAt?: number;
}

/** Scaling activities, and the events that tell of them. */
export interface Activities {
  begin(group: Group, parts: ActivityParts): Activity;
  end(activity: Activity): void;
  /** One that failed. */
  fail(group: Group, parts: ActivityParts, message: string): Activity;
  /** `EC2 Instance Launch Successful` and its like; without an instance where none came of it. */
  announce(group: Group, activity: Activity, detailType: string, ec2InstanceId?: string): void;
}

/** What `Details` says of an activity, as JSON. */
export const detailsOf = (group: Group, { zone }: Activity): JsonObject =>
  zone === undefined ? {} : { 'Subnet ID': subnetIn(group, zone), 'Availability Zone': zone };

export const activityJson = (group: Group, it: Activity): JsonObject => ({
  ActivityId: it.id,
  AutoScalingGroupName: group.name,
  AutoScalingGroupARN: group.arn,
  Description: it.description,
  Cause: it.cause,
  StartTime: epochSeconds(it.startedAt),
  EndTime: epochSeconds(it.endedAt),
  StatusCode: it.statusCode,
  StatusMessage: it.statusMessage,
  Progress: it.endedAt === undefined ? 50 : 100,
  Details: JSON.stringify(detailsOf(group, it)),
});

export const createActivities = (ground: Ground): Activities => {
  const begin = (group: Group, { description, cause, zone, startedAt = ground.now() }: ActivityParts): Activity => {
    const activity: Activity = {
      id: ground.uuid(),
      description,
      cause,
      startedAt,
      zone,
      endedAt: undefined,
      statusCode: 'InProgress',
      statusMessage: undefined,
    };
    group.activities.push(activity);
    if (group.activities.length > ground.constants.activitiesKept) group.activities.shift();
    return activity;
  };

  return {
    begin,
    end: (activity) => {
      activity.endedAt = ground.now();
      activity.statusCode = 'Successful';
    },
    fail: (group, parts, message) => {
      const activity = begin(group, parts);
      activity.endedAt = ground.now();
      activity.statusCode = 'Failed';
      activity.statusMessage = message;
      return activity;
    },
    announce: (group, activity, detailType, ec2InstanceId = '') => {
      ground.emit({
        source: 'aws.autoscaling',
        detailType,
        resources: [group.arn, ground.arn('ec2', `instance/${ec2InstanceId}`)],
        detail: () => ({
          StatusCode: activity.statusCode === 'Failed' ? 'Failed' : 'InProgress',
          Description: activity.description,
          AutoScalingGroupName: group.name,
          ActivityId: activity.id,
          Details: detailsOf(group, activity),
          RequestId: activity.id,
          StatusMessage: activity.statusMessage ?? '',
          EndTime: isoTime(ground.now()),
          EC2InstanceId: ec2InstanceId,
          StartTime: isoTime(activity.startedAt),
          Cause: activity.cause,
        }),
      });
    },
  };
};
