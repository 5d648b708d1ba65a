import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { autoScalingGroupReader } from '../../lib/aws/auto-scaling-group-reader.ts';
import { autoScalingGroupWriter } from '../../lib/aws/auto-scaling-group-writer.ts';
import type { GroupReader, GroupWriter } from '../../lib/ports/group-api.ts';
import { type Answers, type Call, loopbackAws } from './loopback-aws.ts';

/** Uses both adapters on an Auto Scaling that answers as said; gives what came of it and what was asked. */
export const withAutoScaling = async <T>(
  answers: Answers,
  use: (reader: GroupReader, writer: GroupWriter) => Promise<T>,
): Promise<{ readonly result: T; readonly calls: readonly Call[] }> => {
  await using aws = await loopbackAws(answers);
  const client = new AutoScalingClient(aws.config);
  const result = await use(autoScalingGroupReader(client), autoScalingGroupWriter(client));
  client.destroy();
  return { result, calls: aws.calls };
};
