import { groupWriterOver } from '../../../lib/aws/auto-scaling-group-writer.ts';
import type { GroupWriter } from '../../../lib/ports/group-api.ts';
import type { JsonObject } from '../../world/api.ts';
import { objects, text, texts } from '../../world/json.ts';
import type { Requests } from './requests.ts';
import { throwingSdkErrors } from './writes.ts';

/** EC2 Auto Scaling written to by the world's own calls. */
export const portsGroupWriter = (requests: Requests): GroupWriter => {
  const write = (operation: string, input: JsonObject): Promise<JsonObject> =>
    throwingSdkErrors(() => requests.write('autoscaling', operation, input));

  return groupWriterOver({
    setDesiredCapacity: (it) => write('SetDesiredCapacity', it),
    terminate: (it) => write('TerminateInstanceInAutoScalingGroup', it),
    completeLifecycleAction: (it) => write('CompleteLifecycleAction', it),
    recordHeartbeat: (it) => write('RecordLifecycleActionHeartbeat', it),
    async launchInstances(input) {
      const answer = await write('LaunchInstances', input);
      return {
        Instances: (objects(answer, 'Instances') ?? []).map((it) => ({ InstanceIds: texts(it, 'InstanceIds') })),
        Errors: (objects(answer, 'Errors') ?? []).map((it) => ({
          ErrorCode: text(it, 'ErrorCode'),
          ErrorMessage: text(it, 'ErrorMessage'),
        })),
      };
    },
  });
};
