/**
 * What holds where `berth.yml` says nothing. Each default stands with its reason, which editors show through the
 * JSON Schema; `berth.yml` as shipped repeats both.
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
} as const;
