import type { CountStore } from '../../../lib/ports/count-store.ts';
import type { Store } from '../../../lib/ports/store.ts';
import { callsFor } from './readings.ts';
import type { Requests } from './requests.ts';

const keysPerBatch = 100; // as `lib/store/heads.ts` has it

/** A store whose every call takes the time of one request to DynamoDB; what it does happens as the request arrives. */
export const chargedStore = (store: Store & CountStore, requests: Requests): Store & CountStore => {
  const update = async <T>(run: () => Promise<T>): Promise<T> => requests.reach('dynamodb', 'UpdateItem', run);
  const read = async <T>(run: () => Promise<T>): Promise<T> => requests.reach('dynamodb', 'GetItem', run);
  return {
    raiseGeneration: (cluster) => update(() => store.raiseGeneration(cluster)),
    generation: (cluster) => read(() => store.generation(cluster)),
    recall: (cluster) => read(() => store.recall(cluster)),
    heads: async (clusters) => {
      const count = callsFor(clusters.length, keysPerBatch);
      await requests.send({ service: 'dynamodb', operation: 'BatchGetItem', count, atOnce: 1 });
      return store.heads(clusters);
    },
    remember: (head, memory, decision) => update(() => store.remember(head, memory, decision)),
    drains: (cluster) => requests.reach('dynamodb', 'Query', () => store.drains(cluster)),
    drainsAndAsked: (cluster) => requests.reach('dynamodb', 'Query', () => store.drainsAndAsked(cluster)),
    putCapacity: (cluster, request) => update(() => store.putCapacity(cluster, request)),
    endCapacity: (cluster, id) => update(() => store.endCapacity(cluster, id)),
    noteRebalance: (cluster, notice) => update(() => store.noteRebalance(cluster, notice)),
    noteRefused: (cluster, run) => update(() => store.noteRefused(cluster, run)),
    setPause: (cluster, pause) => update(() => store.setPause(cluster, pause)),
    endPause: (cluster) => update(() => store.endPause(cluster)),
    openQueued: (cluster, run) => update(() => store.openQueued(cluster, run)),
    keepQueued: (cluster, run) => update(() => store.keepQueued(cluster, run)),
    endQueued: (cluster, id, at) => update(() => store.endQueued(cluster, id, at)),
    putDrain: (cluster, drain) => update(() => store.putDrain(cluster, drain)),
    openDrain: (cluster, drain) => update(() => store.openDrain(cluster, drain)),
    endDrain: (cluster, drain) => update(() => store.endDrain(cluster, drain)),
    keepFingerprint: (cluster, fingerprint) => update(() => store.keepFingerprint(cluster, fingerprint)),
    forecasts: (cluster) => requests.reach('dynamodb', 'Query', () => store.forecasts(cluster)),
    keepForecast: (cluster, it) => update(() => store.keepForecast(cluster, it)),
    countHistories: (cluster) => read(() => store.countHistories(cluster)),
    keepCountHistories: (cluster, histories, at) => update(() => store.keepCountHistories(cluster, histories, at)),
    keepWantedCounts: (cluster, wanted, at) => update(() => store.keepWantedCounts(cluster, wanted, at)),
    keepDecision: (cluster, decision) => update(() => store.keepDecision(cluster, decision)),
    keepShape: (cluster, group, shape) => update(() => store.keepShape(cluster, group, shape)),
  };
};
