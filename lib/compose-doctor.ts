import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { attachedGroups, groupSetUpReader, groupSetUpWriter } from './aws/auto-scaling-set-up.ts';
import { berthDeployments } from './aws/berth-deployments.ts';
import { autoScalingClient, type ClientOptions, clientConfig, instrumented } from './aws/clients.ts';
import { rolePermissions } from './aws/role-permissions.ts';
import { applicationAutoScalingClient, scalableTargetsReader } from './aws/scalable-targets-reader.ts';
import { vcpuQuota } from './aws/vcpu-quota.ts';
import type { DoctorReader } from './ports/doctor-api.ts';
import type { GroupSetUpReader, GroupSetUpWriter } from './ports/group-set-up-api.ts';

/** What only `berth doctor` reads; apart from the rest, so that no function carries these clients. */
export const composeDoctor = (clients: ClientOptions): DoctorReader => {
  const config = clientConfig(clients);
  return {
    ...scalableTargetsReader(applicationAutoScalingClient(clients)),
    deployments: berthDeployments(instrumented(new LambdaClient(config), clients)),
    attachedGroups: attachedGroups(autoScalingClient(clients)),
    missingPermissions: rolePermissions(instrumented(new IAMClient(config), clients)),
    vcpuQuota: vcpuQuota(instrumented(new ServiceQuotasClient(config), clients)),
  };
};

/** By what groups are set up. */
export const composeSetUp = (clients: ClientOptions): GroupSetUpReader & { readonly write: GroupSetUpWriter } => {
  const client = autoScalingClient(clients);
  return { ...groupSetUpReader(client), write: groupSetUpWriter(client) };
};
