import type { RefusedRun } from '../model/asked-for.ts';

/** What an event makes Berth do: look at a cluster again, or at once do what cannot wait. */
export type Trigger =
  | { readonly kind: 'clusterChanged'; readonly cluster: string; readonly what: string }
  /** ECS found no room for a task of a service. */
  | { readonly kind: 'placementFailure'; readonly cluster: string; readonly what: string }
  | { readonly kind: 'groupChanged'; readonly group: string; readonly what: string }
  | { readonly kind: 'instanceTerminating'; readonly group: string; readonly ec2InstanceId: string }
  | { readonly kind: 'spotInterruption'; readonly ec2InstanceId: string }
  /** EC2 expects to interrupt a spot instance sooner than others; many are never interrupted. */
  | { readonly kind: 'rebalanceRecommended'; readonly ec2InstanceId: string }
  /** Somebody's RunTask call was refused for want of room (CloudTrail tells, minutes later). */
  | { readonly kind: 'runTaskRefused'; readonly cluster: string; readonly run: Omit<RefusedRun, 'until'> }
  | { readonly kind: 'wakeUp'; readonly cluster: string; readonly reason: string }
  /** Well formed, and nothing to us: a service whose ARN names no cluster. */
  | { readonly kind: 'irrelevant'; readonly why: string };

/** A payload that no rule of ours can have let through. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly problem: string;
}
