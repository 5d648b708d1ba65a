import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  ECSClient,
  ListContainerInstancesCommand,
} from '@aws-sdk/client-ecs';

/** How fast the local AWS answers one SDK client that makes one call after the other over loopback. */
export interface EndpointSpeed {
  /** DescribeClusters of one cluster: next to nothing but the wire. */
  readonly smallCallsPerSecond: number;
  /** DescribeContainerInstances of a hundred, the largest answer there is. */
  readonly largeCallsPerSecond: number;
}

const warmUpMs = 1_000;
const measuredMs = 3_000;

/** The local AWS of the reaction bench: a process of its own, a hundred instances, no throttling. */
const serve = async (): Promise<{ readonly url: string; readonly end: () => void }> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaction-world.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { readonly url: string };
    return { url, end: () => child.stdin.end() };
  }
  throw new Error('the local AWS ended before it served');
};

const callsFor = async (ms: number, call: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  let calls = 0;
  while (performance.now() - begin < ms) {
    await call();
    calls++;
  }
  return (calls * 1_000) / (performance.now() - begin);
};

const perSecond = async (call: () => Promise<unknown>): Promise<number> => {
  await callsFor(warmUpMs, call);
  return Math.round(await callsFor(measuredMs, call));
};

const measure = async (ecs: ECSClient): Promise<EndpointSpeed> => {
  const cluster = 'bench';
  const { containerInstanceArns } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
  const many = new DescribeContainerInstancesCommand({ cluster, containerInstances: containerInstanceArns });
  const few = new DescribeClustersCommand({ clusters: [cluster] });
  return {
    smallCallsPerSecond: await perSecond(() => ecs.send(few)),
    largeCallsPerSecond: await perSecond(() => ecs.send(many)),
  };
};

export const endpointSpeed = async (): Promise<EndpointSpeed> => {
  const { url, end } = await serve();
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const ecs = new ECSClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1 });
  try {
    return await measure(ecs);
  } finally {
    ecs.destroy();
    end();
  }
};

/** The figure `endpoint_calls_per_s`. */
export const endpointCallsPerSecond = async (): Promise<number> => (await endpointSpeed()).smallCallsPerSecond;
