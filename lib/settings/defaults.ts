/**
 * What holds where `berth.yml` says nothing, as it would be written there. Each default stands with its reason, which
 * editors show through the JSON Schema; `berth.yml` as shipped repeats both.
 */
export const shippedDefaults = {
  mode: {
    value: 'observe',
    reason: 'Nobody hands over a cluster before having seen what would be done with it.',
  },
  quietTime: {
    value: '2m',
    reason:
      'EC2 bills at least 60 s and an instance typically takes one to two minutes to boot: with equal odds that it is ' +
      'needed again soon, waiting as long as a boot takes is the break-even.',
  },
  bootDeadline: {
    value: '10m',
    reason:
      'Generous until a group’s own boot times are known: giving up too early launches twice, giving up late only ' +
      'delays the report of an instance that never registers.',
  },
  maximumOverdue: {
    value: 2,
    reason:
      'One instance may fail by chance; two that never register point at the launch template, and each further launch ' +
      'would only cost money.',
  },
  lifecycleHook: {
    value: 'berth-drain',
    reason: 'A name of our own, so that nobody else’s hook is ever completed.',
  },
  peakWindow: {
    value: 'automatic',
    reason:
      'Some demand swings every ten minutes, and some goes for good: how soon it came back before tells which, and no ' +
      'one duration is right for both.',
  },
  consolidation: {
    enabled: {
      value: true,
      reason: 'Tasks that ended leave half-used instances behind, and nothing else ever empties them.',
    },
    threshold: {
      value: 0.5,
      reason:
        'Both sides are shares of the cluster: a move may restart up to twice the share of tasks that it saves in money, ' +
        'as instances to empty are the less used ones; far below it, tasks are restarted for cents.',
    },
    settleTime: {
      value: '2m',
      reason: 'Tasks that were just placed, or a group that just grew, show a demand that is still moving.',
    },
  },
  budgets: {
    value: [{ causes: ['consolidation', 'rotation', 'rebalance'], share: '20%', atLeast: 1 }],
    reason:
      'A fifth of a group moves within a few drains, and four fifths serve meanwhile. Empty instances disturb nobody, ' +
      'broken ones are better gone, and what a person drains is that person’s decision.',
  },
  circuitBreaker: {
    value: '20%',
    reason:
      'Single agents fail; when a fifth of them is silent at once, the network or ECS itself is the likelier cause, and ' +
      'instances that only seem lost must not be replaced.',
  },
  drain: {
    deadline: {
      value: 'automatic',
      reason: 'Computed from what the tasks need to stop: their stop time-outs and the load balancers’ deregistration.',
    },
    onDeadline: {
      value: 'abandon',
      reason: 'It was Berth’s own wish: no task is killed for it.',
    },
    endingDeadline: {
      value: 'automatic',
      reason: 'As long as Auto Scaling lets a hook wait: the tasks’ own time is all that is at stake.',
    },
    onEndingDeadline: {
      value: 'abandon',
      reason: 'The hook then ends by its own default; tasks are stopped by the instance’s end, never by Berth.',
    },
    daemonGrace: {
      value: '10s',
      reason: 'Log and metric agents send what they hold every five to ten seconds.',
    },
  },
  rotation: {
    maximumAge: {
      value: 'off',
      reason: 'Replacing instances restarts tasks: only who wants it for patches or policy should have it.',
    },
    outdatedLaunchTemplate: {
      value: false,
      reason:
        'A new launch template version is often tried on new instances first; an instance refresh may do the rest.',
    },
  },
  repair: {
    agentDisconnected: {
      value: '30m',
      reason:
        'Agents reconnect within minutes after an update or a restart, and tasks run on without them. After half an ' +
        'hour the instance takes no work and cannot be drained; the circuit breaker keeps a wider outage from looking ' +
        'like many such instances.',
    },
    neverRegistered: {
      value: true,
      reason:
        'An instance past its boot deadline costs money and runs nothing; replacing it is bounded by maximumOverdue.',
    },
  },
  rebalanceRecommendations: {
    value: false,
    reason:
      'EC2 recommends far more often than it interrupts, and an interruption warning is acted on anyway: each ' +
      'recommendation that is followed restarts tasks for certain.',
  },
  serviceTags: {
    value: false,
    reason: 'Whoever may tag a service could have it scaled: that is to be wanted.',
  },
  headroom: {
    value: [],
    reason: 'Free room costs money all the time; how much a faster start is worth, Berth cannot know.',
  },
  caps: {
    instances: { value: 'none', reason: 'The groups’ maximum sizes bound it already.' },
    vcpus: { value: 'none', reason: 'The groups’ maximum sizes bound it already.' },
    memoryGiB: { value: 'none', reason: 'The groups’ maximum sizes bound it already.' },
    dollarsPerHour: { value: 'none', reason: 'Berth does not know what a cluster may cost.' },
  },
  launchesPerHour: {
    value: 100,
    reason:
      'More than a busy group launches in an hour, and few enough that instances which come and go in a loop cost ' +
      'little before somebody looks.',
  },
  refusedTasks: {
    value: 'off',
    reason:
      'It needs a trail in CloudTrail, hears minutes later, and nobody but the caller can run the task again: the queue ' +
      'of tasks does better.',
  },
  taskQueue: {
    value: 'off',
    reason: 'Who may write to the queue may run tasks: families and roles must be named first.',
    giveUpAfter: {
      value: '6h',
      reason:
        'Longer than a shortage of one instance type usually lasts, and short of the 24 hours for which ECS knows a ' +
        'client token, so that nothing runs twice.',
    },
  },
} as const;

/** The shipped default of one setting. */
export interface ShippedDefault {
  readonly value: unknown;
  readonly reason: string;
}
