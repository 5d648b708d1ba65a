import type { Json, JsonObject } from '../../world/api.ts';
import { object } from '../../world/json.ts';

/** The members of an event's detail that Berth reads (`lib/events/parse.ts`). */
const membersRead = [
  'clusterArn',
  'lastStatus',
  'group',
  'eventName',
  'AutoScalingGroupName',
  'EC2InstanceId',
  'instance-id',
  'eventID',
  'eventTime',
  'errorMessage',
  'requestParameters',
  'responseElements',
];

/**
 * An event as a message's body, without what nobody reads: what is left is the same for many events, so that a batch
 * has few different ones. The resources of an event count only where its detail does not name the cluster.
 */
export const leanBody = (event: JsonObject): string => {
  const detail = object(event, 'detail') ?? {};
  const kept: Record<string, Json> = {};
  for (const member of membersRead) if (detail[member] !== undefined) kept[member] = detail[member];
  return JSON.stringify({
    source: event['source'],
    'detail-type': event['detail-type'],
    ...(kept['clusterArn'] === undefined ? { resources: event['resources'] } : {}),
    detail: kept,
  });
};
