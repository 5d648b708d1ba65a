import { text } from '../../world/json.ts';
import type { InstanceTerminatedRecord, WorldRecord } from '../../world/log.ts';

type ApiRecord = Extract<WorldRecord, { readonly kind: 'api' }>;

/** Told of an instance that went with live tasks, by the controller's doing. */
export type ReportOf = (ec2InstanceId: string, detail: string) => void;

/**
 * Law 2, at the moment EC2 stops an instance. The controller is answerable where it asked for the termination, and
 * where it let an instance go that somebody else had terminated and a lifecycle hook of its own still held. It is not
 * where EC2 takes the instance, or where a hook runs out that holds what somebody else terminated.
 */
export const liveTaskLaw = (isController: (caller: string) => boolean, report: ReportOf) => {
  /** Stopped by others with live tasks, at `at`: within the very call that let it go, if one did. */
  let foreign: InstanceTerminatedRecord | undefined;
  const say = (it: InstanceTerminatedRecord, how: string): void => {
    report(
      it.ec2InstanceId,
      `${it.ec2InstanceId} of ${it.group ?? 'no group'} is ${how} with live tasks: ${it.liveTaskArns.join(', ')}`,
    );
  };
  return {
    instanceTerminated: (record: InstanceTerminatedRecord): void => {
      const { cause, liveTasks } = record;
      if (liveTasks === 0 || cause.kind === 'fault') return;
      if (cause.kind === 'call' && isController(cause.caller)) say(record, `terminated by ${cause.operation}`);
      else foreign = record;
    },
    api: ({ operation, input, at }: ApiRecord): void => {
      if (operation !== 'CompleteLifecycleAction' || foreign?.at !== at) return;
      if (text(input, 'InstanceId') !== foreign.ec2InstanceId) return;
      say(foreign, 'let go');
      foreign = undefined;
    },
  };
};
