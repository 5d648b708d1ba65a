/**
 * How long things take on the way between Berth and AWS, in milliseconds of virtual time. AWS publishes none of these;
 * each is an assumption, stated here once so that a measurement on an account can replace it.
 */
export interface Latency {
  /** Half of all calls take no longer. */
  readonly median: number;
  /** One in a hundred takes longer; the rest lie between. */
  readonly p99: number;
}

/** One API call from a Lambda function in the same region, connection open; by the SDK's name of the client. */
export const callLatencies: Readonly<Record<string, Latency>> = {
  ECSClient: { median: 45, p99: 180 },
  AutoScalingClient: { median: 60, p99: 250 },
  CloudWatchClient: { median: 50, p99: 200 },
  SQSClient: { median: 12, p99: 60 },
  DynamoDBClient: { median: 5, p99: 25 },
  EC2Client: { median: 90, p99: 300 },
};

export const otherCalls: Latency = { median: 50, p99: 200 };

/** From a message being receivable to the function's first line, the environment being warm: Lambda's pollers. */
export const pollLatency: Latency = { median: 30, p99: 150 };

/** Initialisation of a new execution environment: loading the bundle (about 100 ms) and starting the runtime. */
export const coldStart: Latency = { median: 350, p99: 700 };

/** An environment without work is kept about this long. */
export const idleEnvironmentMs = 10 * 60_000;

/** CPU of a function of 512 to 1,024 MiB, which is 0.3 to 0.6 of a vCPU: per invocation and per API call made. */
export const cpuPerInvocationMs = 12;
export const cpuPerCallMs = 6;

/** A draw from a distribution with this median and 99th percentile: a shifted exponential with a bounded tail. */
export const draw = ({ median, p99 }: Latency, uniform: number): number => {
  const scale = (p99 - median) / Math.log(50); // P(X > p99) = 1 % where X exceeds the median with 50 %
  const base = median - scale * Math.LN2;
  return Math.round(Math.max(1, base - scale * Math.log(1 - Math.min(uniform, 0.999))));
};
