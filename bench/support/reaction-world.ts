/**
 * A process of its own for the local AWS of the reaction bench, so that its CPU is not counted as the handlers'.
 * Prints one JSON line once it serves; ends when its standard input does.
 */
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { localAws } from '../../simulator/host/local-aws.ts';
import { spokenTelemetry } from '../../simulator/host/telemetry.ts';
import { parseScenario } from '../../simulator/workloads/load-scenario.ts';
import { berthSetup } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';

const instances = 100;
const services = 20;
const tasksPerService = 10;

const parsed = parseSettings({ defaults: { mode: 'observe' } });
if (!parsed.ok) throw new Error('the shipped defaults are wrong');
const { settings } = parsed;

const settledMinutes = 20;
const document = {
  name: 'reaction',
  description: 'a full cluster, one of whose services is doubled',
  start: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
  duration: '1h',
  cluster: 'bench',
  groups: {
    bench: {
      types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }],
      maxSize: 500,
      desiredCapacity: instances,
    },
  },
  services: Object.fromEntries(
    Array.from({ length: services }, (_, n) => [
      `service-${n}`,
      {
        cpuUnits: 1024,
        memoryMiB: 2048,
        demand: {
          steps: [
            { at: '0s', value: tasksPerService },
            ...(n === 0 ? [{ at: `${settledMinutes}m`, value: 2 * tasksPerService }] : []),
          ],
        },
        placementStrategy: [{ type: 'binpack', field: 'cpu' }],
      },
    ]),
  ),
};
const read = parseScenario(JSON.stringify(document), 'reaction', (path) => {
  throw new Error(`no file ${path}`);
});
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const { scenario } = read;

await using aws = await localAws({ start: scenario.startMs, seed: 1, constants: { apiThrottling: false } });
const { queueUrls } = await aws.deploy({
  clusters: [], // nothing is heard: the bench calls the handlers itself
  environment: { settings, telemetry: (name) => spokenTelemetry(() => aws.clock.now()).of(name) },
  onInvocation: { onStart: () => undefined, onEnd: () => undefined },
});
stageScenario(aws.world, aws.clock, scenario, berthSetup);
await aws.clock.runUntil(scenario.startMs + (settledMinutes + 1) * 60_000);
console.log(JSON.stringify({ url: aws.endpoint.url, queueUrls, group: 'bench', desired: instances }));
await new Promise<void>((done) => {
  process.stdin.once('end', done).resume();
});
