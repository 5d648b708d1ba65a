import { permissionsFor } from './permissions.ts';
import { groundsOf } from './replay/grounds.ts';
import { replay } from './replay/replay.ts';
import { fairScripts } from './replay/scripts.ts';
import type { Ask, Site } from './site.ts';

/** The asks cut down to the tasks that the sites hold in one fair replay: what is given up cannot be given up again. */
export const heldBy = (asks: readonly Ask[], sites: readonly Site[]): readonly Ask[] => {
  const wanted = asks.filter((it) => it.count > 0);
  const [script] = fairScripts;
  if (wanted.length === 0 || script === undefined) return [];
  const { unplaced } = replay(groundsOf(wanted, sites, [], permissionsFor(wanted)), script);
  return wanted.map((it, n) => ({ ...it, count: it.count - (unplaced[n] ?? 0) })).filter((it) => it.count > 0);
};
