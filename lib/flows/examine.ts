import { diagnose } from '../doctor/diagnose.ts';
import type { Examined } from '../doctor/examined.ts';
import type { Finding } from '../doctor/finding.ts';
import type { BerthDeployment } from '../model/surroundings-of-berth.ts';
import type { AskedRole, DoctorReader } from '../ports/doctor-api.ts';
import type { Store } from '../ports/store.ts';
import { type LookDependencies, look } from './reading/look.ts';

export interface ExamineDependencies extends LookDependencies {
  readonly doctor: DoctorReader;
  readonly store: LookDependencies['store'] & Pick<Store, 'recall'>;
  /** What the functions of a deployment must be allowed. */
  readonly shipped: (deployment: BerthDeployment) => readonly AskedRole[];
}

/** Looks at all that may stand in Berth's way in a cluster; changes nothing. */
export const examine = async (
  cluster: string,
  { doctor, shipped, ...reading }: ExamineDependencies,
): Promise<readonly Finding[]> => {
  const { input, plan } = await look(cluster, reading);
  const remembered = await reading.store.recall(cluster);
  const deployments = await doctor.deployments();
  const attached = await doctor.attachedGroups();
  const scalable = await doctor.scalableTargets(
    input.observation.services.map((it) => ({ cluster, service: it.name })),
  );
  const quota = await doctor.vcpuQuota();
  const roles = deployments.items.filter((it) => it.clusters.includes(cluster)).flatMap(shipped);
  const permissions = await doctor.missingPermissions(roles);
  const examined: Examined = {
    cluster,
    now: input.now,
    input,
    plan,
    deployments: deployments.gaps.length > 0 ? undefined : deployments.items,
    lastDecisionAt: remembered?.head.lastDecisionAt,
    attached: attached.items,
    scalable: scalable.items.map((it) => it.service).sort(),
    permissions: permissions.gaps.length > 0 || roles.length === 0 ? undefined : permissions.items,
    quota: quota.items[0],
    gaps: [deployments, attached, scalable, quota, permissions].flatMap((it) => it.gaps),
  };
  return diagnose(examined);
};
