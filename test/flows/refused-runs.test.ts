import { describe, expect, it } from '@jest/globals';
import { makesRoomIn, noteRefused } from '../../lib/flows/refused-runs.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { now, settings } from '../support/builders.ts';
import { ingest } from '../support/ingest.ts';

const refused = (cluster: string, ago = minuteMs) => ({
  kind: 'runTaskRefused' as const,
  cluster,
  run: {
    id: `${cluster}-token`,
    taskDefinition: 'report:7',
    group: undefined,
    target: { launchType: undefined, capacityProviderStrategy: [] },
    tasks: 2,
    at: now - ago,
  },
});

const flow = () => ({
  ...ingest(),
  settings: { defaults: settings({ refusedTasksMs: 10 * minuteMs }), clusters: { other: settings() } },
  clock: { now: () => now, sleep: () => Promise.resolve() },
});

describe('RunTask calls that were refused', () => {
  it('are kept from the call on for as long as the settings say, where they say so', async () => {
    const deps = flow();

    expect(await noteRefused([refused('main'), refused('other'), refused('foreign')], deps)).toEqual(new Set());

    const kept = (cluster: string) => deps.store.drainsAndAsked(cluster).then((it) => it.asked.refused);
    expect(await kept('main')).toEqual([{ ...refused('main').run, until: now + 9 * minuteMs }]);
    expect([...(await kept('other')), ...(await kept('foreign'))]).toEqual([]);
    expect(['main', 'other', 'foreign'].map((it) => makesRoomIn(refused(it), deps))).toEqual([
      'main',
      undefined,
      undefined,
    ]);
  });

  it('are nobody’s business once their time is over: CloudTrail may tell late', async () => {
    const deps = flow();
    const late = refused('main', 10 * minuteMs);

    await noteRefused([late], deps);

    expect((await deps.store.drainsAndAsked('main')).asked.refused).toEqual([]);
    expect(makesRoomIn(late, deps)).toBeUndefined();
  });

  it('are named where they could not be kept, so that their event is handed out again', async () => {
    const deps = flow();
    const store = { ...deps.store, noteRefused: () => Promise.reject(new Error('gone')) };

    expect(await noteRefused([refused('main')], { ...deps, store })).toEqual(new Set(['main-token']));
    expect(deps.telemetry.lines.map((it) => it.level)).toEqual(['error']);
  });
});
