/**
 * A process of its own for the local AWS of the reaction bench, so that its CPU is not counted as the handlers'.
 * Prints one JSON line once it serves; ends when its standard input does.
 */
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { localAws } from '../../simulator/host/local-aws.ts';
import { spokenTelemetry } from '../../simulator/host/telemetry.ts';
import { createCluster, setDesiredCount } from '../../simulator/workloads/cluster.ts';

const instances = 100;
const services = 20;
const tasksPerService = 10;

const parsed = parseSettings({ defaults: { mode: 'observe' } });
if (!parsed.ok) throw new Error('the shipped defaults are wrong');
const { settings } = parsed;

await using aws = await localAws({ start: Date.now(), seed: 1 });
const { queueUrls } = await aws.deploy({
  clusters: [], // nothing is heard: the bench calls the handlers itself
  environment: { settings, telemetry: (name) => spokenTelemetry(() => aws.clock.now()).of(name) },
  onInvocation: { onStart: () => undefined, onEnd: () => undefined },
});
createCluster(aws.world, {
  cluster: 'bench',
  groups: [{ name: 'bench', instanceType: 'm5.large', minSize: 0, maxSize: 500, desiredCapacity: instances }],
  services: Array.from({ length: services }, (_, n) => ({
    name: `service-${n}`,
    cpuUnits: 1024,
    memoryMiB: 2048,
    desiredCount: tasksPerService,
  })),
});
const settled = 20 * 60_000;
await aws.clock.runUntil(aws.clock.now() + settled);
setDesiredCount(aws.world, 'bench', 'service-0', 2 * tasksPerService);
await aws.clock.runUntil(aws.clock.now() + 60_000);
console.log(JSON.stringify({ url: aws.endpoint.url, queueUrls, group: 'bench', desired: instances }));
await new Promise<void>((done) => {
  process.stdin.once('end', done).resume();
});
