import type { Surroundings } from '../../lib/compose.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';

/** The shipped defaults in act mode. */
export const actingSettings = (
  defaults: Readonly<Record<string, unknown>> = {},
  clusters: Readonly<Record<string, unknown>> = {},
): Surroundings['settings'] => {
  const parsed = parseSettings({ defaults: { mode: 'act', ...defaults }, clusters });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
};
