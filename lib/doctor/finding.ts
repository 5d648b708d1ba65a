/** `error`: Berth cannot do its work, or somebody undoes it. `warning`: it works, with a hole. `note`: good to know. */
export type Severity = 'error' | 'warning' | 'note';

const severities = {
  clusterUnreadable: 'error',
  notDeployed: 'warning',
  secondBerth: 'error',
  noDecisionYet: 'warning',
  noRecentDecision: 'error',
  missingPermission: 'error',
  permissionsUnknown: 'note',
  couldNotRead: 'warning',
  noGroups: 'error',
  interruptedAttach: 'error',
  managedScaling: 'warning',
  groupConflict: 'error',
  newInstancesUnprotected: 'error',
  instancesUnprotected: 'error',
  azRebalance: 'warning',
  weightedCapacity: 'error',
  capacityUnits: 'error',
  otherPolicies: 'error',
  noTerminationHook: 'warning',
  shortHook: 'warning',
  processSuspended: 'note',
  groupNearMaximum: 'warning',
  serviceCannotMove: 'warning',
  scaledTwice: 'error',
  scaledByOthers: 'note',
  unplaceable: 'error',
  agentDisconnected: 'warning',
  agentTooOld: 'warning',
  instancesNearLimit: 'warning',
  waitingNearLimit: 'warning',
  vcpusNearQuota: 'warning',
  setting: 'warning',
  observing: 'note',
  paused: 'note',
} as const satisfies Readonly<Record<string, Severity>>;

export type FindingKind = keyof typeof severities;

export const findingKinds = Object.keys(severities) as readonly FindingKind[];

/** One thing found, and what to do about it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** What it is about, such as `group workers`. */
  readonly subject: string;
  readonly what: string;
  readonly remedy: string;
}

export const finding = (kind: FindingKind, subject: string, what: string, remedy: string): Finding => ({
  kind,
  severity: severities[kind],
  subject,
  what,
  remedy,
});

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** The worst first; within that, as they were found. */
export const worstFirst = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => rank[a.severity] - rank[b.severity]);
