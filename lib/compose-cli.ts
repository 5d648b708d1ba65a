import { findCluster, placeOf } from './aws/access.ts';
import { autoScalingGroupReader } from './aws/auto-scaling-group-reader.ts';
import {
  autoScalingClient,
  type ClientOptions,
  cloudWatchClient,
  dynamoDbClient,
  ecsClient,
  sqsClient,
} from './aws/clients.ts';
import { cloudWatchHistoryReader } from './aws/cloud-watch-history-reader.ts';
import { lambdaDeployments } from './aws/deployment.ts';
import { ec2Client } from './aws/ec2-client.ts';
import { ec2ShapeReader } from './aws/ec2-shape-reader.ts';
import { ecsClusterReader } from './aws/ecs-cluster-reader.ts';
import { launchingGroupReader } from './aws/launching-group-reader.ts';
import { sqsDecisionQueue } from './aws/sqs-queues.ts';
import { wallClock } from './compose.ts';
import { dynamoDbStore } from './store/dynamo-db-store.ts';
import { dynamoDbHistory } from './store/history.ts';

export { type AccessProblem, accessProblemOf, type Place } from './aws/access.ts';
export type { ClientOptions, InstrumentableClient } from './aws/clients.ts';
export type { Deployment } from './aws/deployment.ts';

/** What of an account a person's command looks at before it knows of any deployment; no function carries it. */
export const composeAccount = (clients: ClientOptions) => {
  const ecs = ecsClient(clients);
  return {
    // AWS's time: a machine whose clock is minutes off, as the SDK noticed, would take fresh things for old ones.
    clock: { ...wallClock, now: () => Date.now() + ecs.config.systemClockOffset },
    place: () => placeOf(ecs),
    findCluster: (name: string) => findCluster(ecs, name),
    deployments: lambdaDeployments(clients),
    read: { cluster: ecsClusterReader(ecs), groups: autoScalingGroupReader(autoScalingClient(clients)) },
    shapes: ec2ShapeReader(ec2Client(clients)),
  };
};

/** What a deployment remembers, by its table; a queue that is not known takes no request for a decision. */
export const composeDeployment = (clients: ClientOptions, table: string, decideQueueUrl: string | undefined) => {
  const dynamoDb = dynamoDbClient(clients);
  return {
    store: dynamoDbStore(dynamoDb, table),
    history: dynamoDbHistory(dynamoDb, table),
    decisions:
      decideQueueUrl === undefined
        ? { ask: () => Promise.reject(new Error('the decide queue is not known')) }
        : sqsDecisionQueue(sqsClient(clients), decideQueueUrl),
  };
};

/** What a recording reads besides: groups whether Berth sizes them or not, and the past of metrics. */
export const composeRecording = (clients: ClientOptions) => ({
  ...launchingGroupReader(autoScalingClient(clients), ec2Client(clients)),
  ...cloudWatchHistoryReader(cloudWatchClient(clients)),
});
