/** What holds for the scaling of a service where `berth.yml` says nothing, with the reason, as editors show it. */
export const scalingDefaults = {
  minimum: { value: 1, reason: 'One task answers; 0 must be asked for, for it means waiting for the first one.' },
  activation: { value: 0, reason: 'Anything at all to do is worth a task.' },
  noDataIsZero: {
    value: false,
    reason: 'Most metrics that fall silent are broken, and nothing is scaled in by those.',
  },
  inFlight: { value: false, reason: 'What is in flight is being worked on already.' },
  tolerance: {
    value: '10%',
    reason: 'Less is noise: a change of a few tasks in a hundred restarts more than it saves.',
  },
  stabilisation: {
    scaleOut: { value: '0s', reason: 'Too few tasks hurt at once.' },
    scaleIn: {
      value: '12m',
      reason:
        'Work that comes back within minutes would find its tasks gone. Application Auto Scaling waits 15; what that saves in load it costs in tasks.',
    },
  },
  select: { value: 'largest', reason: 'Of several policies the one that lets the count move furthest counts.' },
  cooldown: {
    value: 'automatic',
    reason:
      '5m where a signal has steps, which say by how much and not how far; else 0s: what a target asks for is the whole.',
  },
  zeroAfter: { value: '5m', reason: 'A queue that is empty for a moment is not over.' },
  afterFailures: { value: 3, reason: 'One or two datapoints come late now and then.' },
  forecast: {
    quantile: {
      value: 0.75,
      reason:
        'Enough for three times of four; the signals raise the count for the fourth, and what is enough for more takes more tasks all day.',
    },
    ahead: {
      value: '10m',
      reason: 'A minute until the check, some until an instance has booted, and some until its tasks run.',
    },
    timeZone: { value: 'UTC', reason: 'Where people wake by another clock, its changes shift their day.' },
  },
  quietReadInterval: {
    value: '7m',
    reason:
      'A metric that is asked for each minute costs $0.43 a month; one that is far from its target need not be, and at 7m a service costs less than $0.10.',
  },
} as const;
