import type { Settings } from '../model/settings.ts';
import { compileSettings } from './compile.ts';
import { problemsOf, type SettingsProblem } from './problems.ts';
import { settingsSchema } from './schema.ts';

export type ParsedSettings =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly SettingsProblem[] };

/**
 * `berth.yml`, read into plain values, as settings; or every problem it has, all at once. An empty file is fine: all
 * defaults.
 */
export const parseSettings = (document: unknown): ParsedSettings => {
  const parsed = settingsSchema.safeParse(document ?? {});
  return parsed.success
    ? { ok: true, settings: compileSettings(parsed.data) }
    : { ok: false, problems: problemsOf(document, parsed.error.issues) };
};
