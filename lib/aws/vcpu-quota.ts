import { GetServiceQuotaCommand, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { DoctorReader } from '../ports/doctor-api.ts';
import { gapOf } from './aws-error.ts';

/** Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances, in vCPUs (Amazon EC2 user guide, service quotas). */
const standardOnDemand = { ServiceCode: 'ec2', QuotaCode: 'L-1216C47A' };

export const vcpuQuota =
  (client: ServiceQuotasClient): DoctorReader['vcpuQuota'] =>
  async () => {
    try {
      const { Quota } = await client.send(new GetServiceQuotaCommand(standardOnDemand));
      return { items: Quota?.Value === undefined ? [] : [{ vcpus: Quota.Value }], gaps: [] };
    } catch (error) {
      return { items: [], gaps: [gapOf('quotas', 'GetServiceQuota of EC2 vCPUs', error)] };
    }
  };
