import type { JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, isoTime } from '../json.ts';
import type { Activity, Group, GroupInstance } from './state.ts';

/** Scaling activities, and the events that tell of them. */
export interface Activities {
  begin(group: Group, description: string, cause: string): Activity;
  end(activity: Activity): void;
  fail(group: Group, description: string, message: string): void;
  /** `EC2 Instance Launch Successful` and its like. */
  announce(group: Group, it: GroupInstance, activity: Activity, detailType: string): void;
}

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
  Details: '{}',
});

export const createActivities = (ground: Ground): Activities => {
  const begin = (group: Group, description: string, cause: string): Activity => {
    const activity: Activity = {
      id: ground.uuid(),
      description,
      cause,
      startedAt: ground.now(),
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
    fail: (group, description, message) => {
      const activity = begin(group, description, message);
      activity.endedAt = ground.now();
      activity.statusCode = 'Failed';
      activity.statusMessage = message;
    },
    announce: (group, it, activity, detailType) => {
      ground.emit({
        source: 'aws.autoscaling',
        detailType,
        resources: [group.arn, ground.arn('ec2', `instance/${it.ec2.id}`)],
        detail: () => ({
          StatusCode: 'InProgress',
          AutoScalingGroupName: group.name,
          ActivityId: activity.id,
          Details: { 'Availability Zone': it.ec2.machine.availabilityZone, 'Subnet ID': it.ec2.machine.subnetId },
          RequestId: activity.id,
          StatusMessage: '',
          StartTime: isoTime(activity.startedAt),
          EndTime: isoTime(ground.now()),
          EC2InstanceId: it.ec2.id,
          Description: activity.description,
          Cause: activity.cause,
        }),
      });
    },
  };
};
