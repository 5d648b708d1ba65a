import type { Trigger } from '../events/trigger.ts';
import { type Settings, settingsOf } from '../model/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

interface RefusedRunsDependencies {
  readonly clusters: readonly string[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: Pick<Store, 'noteRefused'>;
  readonly telemetry: Telemetry;
}

type Refused = Extract<Trigger, { readonly kind: 'runTaskRefused' }>;

/** Until when room is made for what was refused; undefined where it is not, or not any more. */
const untilOf = (
  { cluster, run }: Refused,
  { clusters, settings, clock }: RefusedRunsDependencies,
): number | undefined => {
  const lastsMs = clusters.includes(cluster) ? settingsOf(settings, cluster).refusedTasksMs : undefined;
  return lastsMs === undefined || run.at + lastsMs <= clock.now() ? undefined : run.at + lastsMs;
};

/** The cluster that is to make room for what was refused; undefined where none is. */
export const makesRoomIn = (it: Refused, deps: RefusedRunsDependencies): string | undefined =>
  untilOf(it, deps) === undefined ? undefined : it.cluster;

/** Keeps what was refused, for the decision to make room for. Returns the ids of those that could not be kept. */
export const noteRefused = async (
  triggers: readonly Trigger[],
  deps: RefusedRunsDependencies,
): Promise<ReadonlySet<string>> => {
  const failed = new Set<string>();
  await Promise.all(
    triggers.map(async (it) => {
      const until = it.kind === 'runTaskRefused' ? untilOf(it, deps) : undefined;
      if (it.kind !== 'runTaskRefused' || until === undefined) return;
      try {
        await deps.store.noteRefused(it.cluster, { ...it.run, until });
      } catch (error) {
        failed.add(it.run.id);
        deps.telemetry.error('could not note a RunTask call that was refused', {
          cluster: it.cluster,
          error: String(error),
        });
      }
    }),
  );
  return failed;
};
