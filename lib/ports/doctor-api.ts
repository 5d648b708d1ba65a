import type { BerthDeployment, MissingPermission, VcpuQuota } from '../model/surroundings-of-berth.ts';
import type { Reading } from './reading.ts';
import type { ScalableTargetReader } from './scalable-targets.ts';

/** What must be allowed of a role: actions on resources, under the conditions that the calls are made in. */
export interface AskedPermission {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Condition keys with the values that the calls have. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** A function, its role, and all that its policies are to allow. */
export interface AskedRole {
  readonly functionName: string;
  readonly role: string;
  readonly asked: readonly AskedPermission[];
}

/** What a doctor reads besides the cluster itself; readers never throw for what AWS answers. */
export interface DoctorReader extends ScalableTargetReader {
  /** Every Berth in the region. */
  deployments(): Promise<Reading<BerthDeployment>>;
  /** Groups that carry the record of an attach, with the cluster that their tag names. */
  attachedGroups(): Promise<Reading<{ readonly name: string; readonly cluster: string | undefined }>>;
  /** Asked of IAM's simulation; where that is refused, read off the roles' own policies. */
  missingPermissions(roles: readonly AskedRole[]): Promise<Reading<MissingPermission>>;
  /** None where Service Quotas does not tell. */
  vcpuQuota(): Promise<Reading<VcpuQuota>>;
}
