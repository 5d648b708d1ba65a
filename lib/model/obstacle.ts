/** What keeps a task from an instance besides resources, or may keep it. */
export type ConstraintCause =
  /** One of `requiresAttributes` is not there. */
  | { readonly kind: 'missingAttribute'; readonly name: string }
  /** The instance is of another CPU architecture or operating system than the task definition's runtime platform. */
  | { readonly kind: 'otherPlatform'; readonly attribute: string; readonly needed: string }
  | { readonly kind: 'memberOf'; readonly expression: string }
  /** The task gets an EBS volume at its start, which ECS attaches to Nitro instances only. */
  | { readonly kind: 'notNitro' }
  /** A task of the same group is there, and `distinctInstance` allows one. */
  | { readonly kind: 'distinctInstance'; readonly group: string };

/** Why a task does not fit on an instance: the first that holds, in the order ECS looks. */
export type Obstacle =
  | { readonly kind: 'notActive'; readonly status: string }
  | { readonly kind: 'agentDisconnected' }
  /** The task is bound to a capacity provider, and the instance is not of it. */
  | { readonly kind: 'otherProvider'; readonly capacityProvider: string }
  | ConstraintCause
  /** Whether the constraint holds there cannot be told from what is known. */
  | { readonly kind: 'unclear'; readonly cause: ConstraintCause }
  /** ECS took the expression, so it means something; what, is not understood here. */
  | { readonly kind: 'unparsable'; readonly expression: string; readonly problem: string }
  /** `CPU`, `MEMORY`, `GPU`, `ENI` (network interfaces), `EBS` (volumes of tasks) or a resource of the user's own. */
  | { readonly kind: 'lacks'; readonly resource: string; readonly needed: number }
  | { readonly kind: 'portTaken'; readonly port: string }
  | { readonly kind: 'sharedGpus' };
