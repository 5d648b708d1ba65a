import type { InvocationRecord } from '../../simulator/host/lambda.ts';
import { type Deployed, type LocalAws, localAws } from '../../simulator/host/local-aws.ts';
import { type SpokenTelemetry, spokenTelemetry } from '../../simulator/host/telemetry.ts';
import type { WorldRecord } from '../../simulator/world/log.ts';
import { actingSettings } from './local-run.ts';

/** Berth on a local AWS, with what happened kept for assertions. */
export interface LocalBerth extends AsyncDisposable {
  readonly aws: LocalAws;
  readonly deployed: Deployed;
  readonly telemetry: SpokenTelemetry;
  readonly records: readonly WorldRecord[];
  readonly invocations: readonly InvocationRecord[];
  /** Lets so many minutes of virtual time pass. */
  pass(minutes: number): Promise<void>;
}

const start = Date.UTC(2026, 0, 5, 4);

export const localBerth = async (clusters: readonly string[], settings = actingSettings()): Promise<LocalBerth> => {
  const aws = await localAws({ start, seed: 1 });
  const telemetry = spokenTelemetry(() => aws.clock.now());
  const records: WorldRecord[] = [];
  const invocations: InvocationRecord[] = [];
  aws.world.log.subscribe(
    (it) => {
      records.push(it);
    },
    ['api', 'containerInstance', 'instance', 'instanceTerminated', 'taskStatus', 'groupCapacity'],
  );
  const deployed = await aws.deploy({
    clusters,
    environment: { settings, telemetry: (name) => telemetry.of(name) },
    onInvocation: {
      onStart: () => undefined,
      onEnd: (it) => {
        invocations.push(it);
      },
    },
  });
  return {
    aws,
    deployed,
    telemetry,
    records,
    invocations,
    pass: (minutes) => aws.clock.runUntil(aws.clock.now() + minutes * 60_000),
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
};
