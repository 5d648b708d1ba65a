/** How a scenario's cluster is set up for a controller: who may size the groups, and how tasks find them. */
export interface Setup {
  /**
   * `launchType`: services and tasks run by launch type EC2 (by provider without managed scaling where they are
   * limited to groups). `managedScaling`: every group has a capacity provider with managed scaling ENABLED, and
   * services and tasks a strategy over the groups they may use. `hold`: the same, with the group's AlarmNotification
   * process suspended, so that ECS queues tasks in PROVISIONING and somebody else sizes the group.
   */
  readonly providers: 'launchType' | 'managedScaling' | 'hold';
  /** Of the provider; ignored for `launchType`. */
  readonly managedScaling: {
    readonly targetCapacity: number;
    readonly minimumScalingStepSize: number;
    readonly maximumScalingStepSize: number;
    readonly instanceWarmupPeriod: number;
  };
  readonly managedTerminationProtection: boolean;
  readonly managedDraining: boolean;
  /** Tag `berth:cluster`, Berth's termination hook, and protection of new instances from scale-in. */
  readonly berthContract: boolean;
  /** Name of the SQS queue that takes tasks meant for the controller's own; undefined: ECS is asked for those too. */
  readonly tasksQueue: string | undefined;
}

/** As Berth wants a cluster: its groups are its own, and ECS leaves their sizes alone. */
export const berthSetup: Setup = {
  providers: 'launchType',
  // Of no account without managed scaling; these are ECS's defaults. (ECS API, ManagedScaling.)
  managedScaling: {
    targetCapacity: 100,
    minimumScalingStepSize: 1,
    maximumScalingStepSize: 10_000,
    instanceWarmupPeriod: 300,
  },
  managedTerminationProtection: false,
  managedDraining: false,
  berthContract: true,
  tasksQueue: undefined,
};

/** The same, for groups that Berth sizes while ECS queues their tasks: `hold` in its settings. */
export const heldSetup: Setup = { ...berthSetup, providers: 'hold' };

/** A cluster that nobody has prepared for Berth, and whose groups no capacity provider sizes. */
export const unmanaged: Setup = { ...berthSetup, berthContract: false };
