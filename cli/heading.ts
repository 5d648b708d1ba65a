import type { Look } from '../lib/flows/reading/look.ts';
import type { Context } from './context.ts';
import { styled, terminalWidth, within } from './print.ts';
import { counted, spanText, timeText } from './texts.ts';

const modeText = ({ settings }: Context, { acts, input }: Look): string => {
  if (settings.mode === 'observe') return 'observe mode';
  if (acts) return 'act mode';
  const until = input.asked.pause?.until;
  return `act mode, paused${until === undefined ? '' : ` until ${timeText(until)}`}`;
};

const memoryText = ({ table }: Context, { head, plan }: Look): string => {
  if (table === undefined) return 'nothing is remembered: planned from what is seen alone';
  if (head?.lastDecisionAt === undefined) return `memory: table ${table}, without a decision yet`;
  return `memory: table ${table}, last decision ${spanText(Math.max(0, plan.observedAt - head.lastDecisionAt))} ago`;
};

/** What was looked at, when, and by whose rules. */
export const headingText = (context: Context, look: Look): string => {
  const { cluster, place, settingsFrom, notes } = context;
  const { plan } = look;
  const lines = [
    `${styled('bold', cluster)} in ${place.region} at ${timeText(plan.observedAt)}: ${modeText(context, look)}, ${counted(plan.instances.length, 'instance')}, ${counted(plan.groups.length, 'group')}`,
    styled('dim', `settings: ${settingsFrom}; ${memoryText(context, look)}; ${context.calls()} calls of AWS`),
    ...notes.map((it) => styled('yellow', `note: ${it}`)),
    ...(plan.groups.length === 0
      ? [
          styled(
            'yellow',
            `note: no Auto Scaling group has the tag berth:cluster=${cluster}, so Berth sizes none and drains nothing; "berth attach" sets it`,
          ),
        ]
      : []),
  ];
  return within(lines.join('\n'), terminalWidth());
};

/** The same as data. */
export const headingData = (
  { cluster, place, settings, settingsFrom, table, notes }: Context,
  { acts, head }: Look,
) => ({
  cluster,
  region: place.region,
  mode: settings.mode,
  acts,
  settingsFrom,
  table: table ?? null,
  lastDecisionAt: head?.lastDecisionAt ?? null,
  notes,
});

/** What heads the steps of a plan: whether anybody will take them. */
export const stepsTitle = ({ settings }: Context, { acts }: Look): string => {
  if (acts) return 'To be done now';
  return settings.mode === 'observe'
    ? 'Would be done now, were the cluster in act mode'
    : 'Would be done now, were it not paused';
};

/** A plan made of what was seen in part is a plan in part. */
export const exitCodeOf = ({ plan }: Pick<Look, 'plan'>): 0 | 1 => (plan.gaps.length > 0 ? 1 : 0);
