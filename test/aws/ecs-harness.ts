import { ECSClient } from '@aws-sdk/client-ecs';
import { ecsClusterReader } from '../../lib/aws/ecs-cluster-reader.ts';
import type { ClusterReader } from '../../lib/ports/cluster-api.ts';
import { type Answers, type Call, type JsonObject, loopbackAws, Refusal } from './loopback-aws.ts';

export const throttle = (): never => {
  throw new Refusal('ThrottlingException', 'Rate exceeded');
};

export const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** Describes whatever is asked for by ARN. */
export const describing =
  (asked: string, answered: string, one: (id: string) => JsonObject) =>
  (input: JsonObject): JsonObject => ({
    [answered]: strings(input[asked]).map((arn) => one(lastPart(arn))),
    failures: [],
  });

/** Looks through a reader at an ECS that answers as said; gives what was read and what was asked. */
export const reading = async <T>(
  answers: Answers,
  look: (reader: ClusterReader) => Promise<T>,
): Promise<{ readonly result: T; readonly calls: readonly Call[] }> => {
  await using aws = await loopbackAws(answers);
  const client = new ECSClient(aws.config);
  const result = await look(ecsClusterReader(client));
  client.destroy();
  return { result, calls: aws.calls };
};
