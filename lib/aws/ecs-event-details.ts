import type { ContainerInstance as InstanceAnswer, Task as TaskAnswer } from '@aws-sdk/client-ecs';
import { type Change, instanceChange, taskChange } from '../mirror/mirror.ts';
import type { ChangeDecoder } from '../ports/mirror-store.ts';
import type { Reading } from '../ports/reading.ts';
import { decodeEach } from './decoding.ts';
import { containerInstanceFrom } from './ecs-container-instance.ts';
import { taskFrom } from './ecs-task.ts';

type Detail = Readonly<Record<string, unknown>>;

/** Events write times as ISO strings where the API gives a date (ECS developer guide, events). */
const timeIn = (value: unknown): Date | undefined => {
  const at = typeof value === 'string' ? new Date(value) : undefined;
  return at === undefined || Number.isNaN(at.getTime()) ? undefined : at;
};

const nameOf = (arn: unknown): string | undefined => (typeof arn === 'string' ? arn : undefined);

/** The detail of a task's or container instance's event is what describing it would answer, but for the times. */
export const ecsEventDetails: ChangeDecoder = {
  changeIn: (detailType: string, detail: Detail, at: number): Reading<Change> => {
    if (detailType === 'ECS Task State Change') {
      const answer: TaskAnswer = { ...detail, createdAt: timeIn(detail['createdAt']) };
      return decodeEach(
        'tasks',
        [answer],
        (it) => nameOf(it.taskArn),
        (it) => taskChange(taskFrom(it), at),
      );
    }
    if (detailType === 'ECS Container Instance State Change') {
      const answer: InstanceAnswer = { ...detail, registeredAt: timeIn(detail['registeredAt']) };
      return decodeEach(
        'containerInstances',
        [answer],
        (it) => nameOf(it.containerInstanceArn),
        (it) => instanceChange(containerInstanceFrom(it), at),
      );
    }
    return { items: [], gaps: [] };
  },
};
