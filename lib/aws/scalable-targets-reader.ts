import {
  type ScalableTarget as Answer,
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type { ScalableTarget, ScalableTargetReader } from '../ports/scalable-targets.ts';
import { type ClientOptions, clientConfig } from './clients.ts';
import { inBatches, readBatches, readPages } from './reads.ts';

/** DescribeScalableTargets takes up to 50 resource ids (AWS API model). */
const targetsPerCall = 50;

/** Apart from the other clients: only the minute check asks it. Its calls are free, and in no simulation. */
export const applicationAutoScalingClient = (options: ClientOptions = {}): ApplicationAutoScalingClient =>
  new ApplicationAutoScalingClient(clientConfig(options));

const idOf = ({ cluster, service }: ScalableTarget): string => `service/${cluster}/${service}`;

const isSuspended = ({ SuspendedState: it }: Answer): boolean =>
  it?.DynamicScalingInSuspended === true &&
  it.DynamicScalingOutSuspended === true &&
  it.ScheduledScalingSuspended === true;

export const scalableTargetsReader = (client: ApplicationAutoScalingClient): ScalableTargetReader => ({
  scalableTargets: (services) =>
    readBatches('services', 'DescribeScalableTargets', inBatches(services, targetsPerCall), async (batch) => {
      const { items, gaps } = await readPages('services', 'DescribeScalableTargets', async (NextToken) => {
        const page = await client.send(
          new DescribeScalableTargetsCommand({
            ServiceNamespace: 'ecs',
            ResourceIds: batch.map(idOf),
            ScalableDimension: 'ecs:service:DesiredCount',
            NextToken,
          }),
        );
        return { items: page.ScalableTargets, next: page.NextToken };
      });
      const scaled = new Set(items.filter((it) => !isSuspended(it)).map((it) => it.ResourceId));
      return { items: batch.filter((it) => scaled.has(idOf(it))), gaps };
    }),
});
