import { flag, texts } from '../../world/json.ts';
import type { ContainerInstanceRecord, InstanceRecord, WorldRecord } from '../../world/log.ts';
import type { World } from '../../world/world.ts';
import type { Report } from '../law.ts';

type ApiRecord = Extract<WorldRecord, { readonly kind: 'api' }>;

/**
 * Law 9: a drain, and a protection from scale-in, that somebody else asked for. In a group that protects new instances
 * by itself a person's protection cannot be told from that, and does not count. What EC2 takes back it takes whatever a
 * person asked for, two minutes after its warning: to have it leave its group just before undoes nothing.
 */
export const peopleLaw = (world: World, isController: (caller: string) => boolean, report: Report) => {
  /** By EC2 instance id, who drained or protected it. */
  const drained = new Map<string, string>();
  const protectedBy = new Map<string, string>();
  const takenBack = new Set<string>();

  const protect = ({ input, caller, error }: ApiRecord): void => {
    const isProtected = flag(input, 'ProtectedFromScaleIn') === true;
    const byController = isController(caller);
    for (const id of texts(input, 'InstanceIds') ?? []) {
      const person = protectedBy.get(id);
      if (!byController && isProtected && error === undefined) protectedBy.set(id, caller);
      if (!byController && !isProtected) protectedBy.delete(id);
      if (byController && !isProtected && person !== undefined) report(`takes the protection of ${person} from ${id}`);
    }
  };

  return {
    containerInstance: ({ change, ec2InstanceId: id, caller }: ContainerInstanceRecord): void => {
      const byController = caller !== undefined && isController(caller);
      const person = drained.get(id);
      if (change === 'DRAINING' && !byController) drained.set(id, caller ?? 'AWS');
      if (change === 'ACTIVE' && byController && person !== undefined)
        report(`makes ${id} ACTIVE, drained by ${person}`);
      if (change === 'deregistered' && byController && person !== undefined)
        report(`takes ${id} off ECS’s books, drained by ${person}`);
      if (change === 'ACTIVE' || change === 'deregistered') drained.delete(id);
    },
    instance: ({ change, ec2InstanceId: id, group, cause }: InstanceRecord): void => {
      if (change === 'warned') takenBack.add(id);
      if (takenBack.has(id)) return;
      if (change !== 'terminating' || cause.kind !== 'call' || !isController(cause.caller)) return;
      const person = drained.get(id);
      if (person !== undefined) report(`terminates ${id}, drained by ${person}`);
      const guard = protectedBy.get(id);
      if (guard !== undefined && world.view.groups.get(group ?? '')?.protectNew !== true)
        report(`terminates ${id}, protected by ${guard}`);
    },
    instanceTerminated: ({ ec2InstanceId }: { readonly ec2InstanceId: string }): void => {
      drained.delete(ec2InstanceId);
      protectedBy.delete(ec2InstanceId);
      takenBack.delete(ec2InstanceId);
    },
    api: (record: ApiRecord): void => {
      if (record.operation === 'SetInstanceProtection') protect(record);
    },
  };
};
