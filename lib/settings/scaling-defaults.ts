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
    scaleIn: { value: '5m', reason: 'Work that comes back within minutes would find its tasks gone.' },
  },
  select: { value: 'largest', reason: 'Of several policies the one that lets the count move furthest counts.' },
  cooldown: {
    value: 'automatic',
    reason:
      '5m where a signal has steps, which say by how much and not how far; else 0s: what a target asks for is the whole.',
  },
  zeroAfter: { value: '5m', reason: 'A queue that is empty for a moment is not over.' },
  afterFailures: { value: 3, reason: 'One or two datapoints come late now and then.' },
  quietReadInterval: {
    value: '5m',
    reason: 'A metric that is asked for each minute costs $0.43 a month; one that is far from its target need not be.',
  },
} as const;
