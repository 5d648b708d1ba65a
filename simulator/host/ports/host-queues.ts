import { type QueueName, queueWiring } from '../../../deployment/wiring.ts';
import type { DeadLetters, DecisionMessage, DecisionQueue, WakeUpMessage, WakeUps } from '../../../lib/ports/queues.ts';
import type { VirtualClock } from '../../kernel/virtual-clock.ts';
import { createQueue, type Queue } from '../../world/sqs/queue.ts';
import type { Requests } from './requests.ts';

/** The queues of a deployment, and who is told when one of them has something to hand out. */
export interface HostQueues extends Readonly<Record<QueueName | 'deadLetters', Queue>> {
  onVisible(name: QueueName, listener: () => void): void;
}

/** Puts a body into a standard queue. */
export const put = (queue: Queue, body: string, delaySeconds?: number): void => {
  queue.send({ body, attributes: {}, delaySeconds, groupId: undefined, deduplicationId: undefined });
};

/** The world's own kind of queue, wired as in production and filled without calls. */
export const hostQueues = (clock: VirtualClock): HostQueues => {
  let messages = 0;
  const ground = {
    now: () => clock.now(),
    afterMs: (delayMs: number, wake: () => void) => {
      clock.at(clock.now() + delayMs, wake);
    },
    uuid: () => `message-${++messages}`,
    arn: (service: string, resource: string) => `arn:aws:${service}:host:${resource}`,
  };
  const listeners = new Map<QueueName, () => void>();
  const standalone = { ground, attributes: new Map<string, string>(), visible: () => undefined };
  const deadLetters = createQueue({ ...standalone, name: 'dead-letters', redrive: () => undefined });
  const decideDeadLetters = createQueue({ ...standalone, name: 'decide-dead-letters.fifo', redrive: () => undefined });

  const feeding = (name: QueueName): Queue => {
    const { fifo, visibilityTimeoutSeconds, maxReceiveCount, delaySeconds } = queueWiring[name];
    const { accept } = fifo ? decideDeadLetters : deadLetters;
    return createQueue({
      ground,
      name: fifo ? `${name}.fifo` : name,
      attributes: new Map([
        ['VisibilityTimeout', String(visibilityTimeoutSeconds)],
        ['DelaySeconds', String(delaySeconds)],
      ]),
      visible: () => {
        listeners.get(name)?.();
      },
      redrive: () => ({ maxReceiveCount, accept }),
    });
  };

  return {
    deadLetters,
    state: feeding('state'),
    urgent: feeding('urgent'),
    decide: feeding('decide'),
    onVisible: (name, listener) => {
      listeners.set(name, listener);
    },
  };
};

const maximumDelaySeconds = 900; // SQS API reference

/** The ports over these queues: each send takes the time of one request to SQS. */
export const queuePorts = (queues: HostQueues, requests: Requests) => {
  const send = (arrive: () => void): Promise<void> =>
    requests.reach('sqs', 'SendMessage', () => {
      arrive();
      return Promise.resolve();
    });

  const decisions: DecisionQueue = {
    ask: (cluster, generation, reason, hurries) => {
      const message: DecisionMessage = { cluster, generation, reason };
      const body = JSON.stringify(message);
      return send(() => {
        queues.decide.send({
          body,
          attributes: {},
          delaySeconds: undefined,
          groupId: cluster,
          deduplicationId: `${cluster}#${generation}${hurries ? '#now' : ''}`,
        });
      });
    },
  };
  const wakeUps: WakeUps = {
    wake: (cluster, delayMs, reason) => {
      const message: WakeUpMessage = { source: 'berth', 'detail-type': 'Berth Wake-Up', detail: { cluster, reason } };
      const delaySeconds = Math.min(maximumDelaySeconds, Math.max(0, Math.ceil(delayMs / 1_000)));
      return send(() => {
        put(queues.urgent, JSON.stringify(message), delaySeconds);
      });
    },
  };
  const deadLetters: DeadLetters = {
    bury: (body) =>
      send(() => {
        put(queues.deadLetters, body);
      }),
  };
  return { decisions, wakeUps, deadLetters };
};
