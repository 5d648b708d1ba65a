import { createHash } from 'node:crypto';
import { parseBody } from '../../events/parse.ts';
import { type ResourceEvent, resourceEventIn } from '../../events/resource-event.ts';
import { type Change, folded } from '../../mirror/mirror.ts';
import { type Settings, settingsOf } from '../../model/settings.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ChangeDecoder, MirrorStore } from '../../ports/mirror-store.ts';
import type { DeadLetters } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type Message, parseBatch } from '../ingest.ts';

/** By what mirrors are told; where there are none, what is heard is told to nobody. */
export interface Mirroring {
  readonly mirrors: Pick<MirrorStore, 'tell'>;
  readonly changes: ChangeDecoder;
  readonly settings: Settings;
  readonly clock: Clock;
}

export interface TellingDependencies {
  readonly mirroring?: Mirroring | undefined;
  readonly clusters: readonly string[];
  readonly telemetry: Telemetry;
}

/** Which of the clusters have a mirror. */
export const mirroredAmong = (clusters: readonly string[], settings: Settings): readonly string[] =>
  clusters.filter((it) => settingsOf(settings, it).mirror);

interface Heard {
  readonly id: string;
  readonly cluster: string;
  readonly changes: readonly Change[];
}

/**
 * Tells the mirrors of clusters that have one what a batch of events says; one write a cluster. Returns the ids of the
 * messages that could not be told, which are to be handed out again. What cannot be read is left to the next comparison.
 */
export const tellMirrors = async (
  messages: readonly Message[],
  { mirroring, clusters, telemetry }: TellingDependencies,
): Promise<ReadonlySet<string>> => {
  const mirrored = new Set(mirroring === undefined ? [] : mirroredAmong(clusters, mirroring.settings));
  if (mirroring === undefined || mirrored.size === 0) return new Set();
  const { mirrors, changes, clock } = mirroring;
  const problems: string[] = [];
  const changesOf = (event: ResourceEvent): readonly Change[] => {
    if (event.kind === 'service') return [event];
    const { items, gaps } = changes.changeIn(event.detailType, event.detail, event.at);
    problems.push(...gaps.map((it) => it.detail));
    return items;
  };
  const heard = messages.flatMap(({ id, body }): readonly Heard[] => {
    const event = resourceEventIn(body);
    return event === undefined || !mirrored.has(event.cluster)
      ? []
      : [{ id, cluster: event.cluster, changes: changesOf(event) }];
  });
  if (problems.length > 0) {
    telemetry.warn('events could not be read by the mirror', { problems });
    telemetry.count('ObservationGaps', problems.length);
  }
  const untold = new Set<string>();
  await Promise.all(
    [...Map.groupBy(heard, (it) => it.cluster)].map(async ([cluster, its]) => {
      const news = its.flatMap((it) => it.changes);
      if (news.length === 0) return;
      try {
        await mirrors.tell(cluster, batchId(its), folded(news), clock.now());
      } catch (error) {
        telemetry.error('could not tell the mirror', { cluster, error: String(error) });
        for (const it of its) untold.add(it.id);
      }
    }),
  );
  return untold;
};

const batchId = (its: readonly Heard[]): string =>
  createHash('sha256')
    .update(its.map((it) => it.id).join())
    .digest('base64url');

export interface MirrorEventsDependencies extends TellingDependencies {
  readonly deadLetters: DeadLetters;
}

/** What is heard for the mirrors alone. Returns the ids of the messages to be handed out again. */
export const handleMirrorEvents = async (
  messages: readonly Message[],
  deps: MirrorEventsDependencies,
): Promise<readonly string[]> => {
  const { parsed, failedIds } = await parseBatch(messages, parseBody, 'mirror', deps);
  const untold = await tellMirrors(
    parsed.map((it) => it.message),
    deps,
  );
  return [...failedIds, ...untold];
};
