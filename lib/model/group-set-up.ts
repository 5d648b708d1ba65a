import type { AutoScalingGroup } from './auto-scaling-group.ts';

/** A lifecycle hook with what Auto Scaling says of it. */
export interface LifecycleHook {
  readonly name: string;
  readonly transition: string;
  readonly heartbeatSeconds: number;
  readonly defaultResult: string;
}

/** An Auto Scaling group with all that its contract touches, opted in or not. */
export interface GroupSetUp extends Omit<AutoScalingGroup, 'cluster'> {
  /** Values by key; those that AWS itself keeps (`aws:…`) too. */
  readonly tags: Readonly<Record<string, string>>;
  readonly hooks: readonly LifecycleHook[];
  /** Names of scaling policies that are not ECS's own, and enabled. */
  readonly scalingPolicies: readonly string[];
  /** Some of its instances may be spot instances, by its mixed instances policy. */
  readonly hasSpot: boolean;
  readonly hasWarmPool: boolean;
}

/** One change to a group's set-up; each is one API call, or its batches. */
export type SetUpChange =
  /** How it was before, for whoever detaches it: always the first to be written and the last to go. */
  | { readonly kind: 'writeRecord'; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'putTerminationHook'; readonly hook: LifecycleHook }
  | { readonly kind: 'protectNewInstances' }
  | { readonly kind: 'protectInstances'; readonly ec2InstanceIds: readonly string[] }
  | { readonly kind: 'suspendProcess'; readonly process: string }
  | { readonly kind: 'optIn'; readonly cluster: string }
  | { readonly kind: 'optOut'; readonly cluster: string }
  | { readonly kind: 'resumeProcess'; readonly process: string }
  | { readonly kind: 'unprotectInstances'; readonly ec2InstanceIds: readonly string[] }
  | { readonly kind: 'unprotectNewInstances' }
  | { readonly kind: 'deleteTerminationHook'; readonly name: string }
  | { readonly kind: 'deleteRecord'; readonly keys: readonly string[] };

export const terminating = 'autoscaling:EC2_INSTANCE_TERMINATING';
