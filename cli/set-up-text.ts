import type { SetUpPlan } from '../lib/contract/attach.ts';
import { actionOf, diffLine, doneText } from '../lib/contract/wording.ts';
import type { CarriedOut } from '../lib/flows/attaching.ts';
import { columns, type Style, styled } from './print.ts';
import { counted } from './texts.ts';

type Planned = Extract<SetUpPlan, { readonly kind: 'planned' }>;

const list = (title: string, lines: readonly string[], style: Style): readonly string[] =>
  lines.length === 0 ? [] : ['', styled(style, title), ...lines.map((it) => `  ${it}`)];

/** How a group is now, how it would be, and what stays as it is. */
export const diffText = (title: string, { changes, kept, left, advice }: Planned, width: number): string => {
  const rows = changes
    .map(diffLine)
    .map(({ what, now, then }) => [
      now === '–' ? styled('green', '+') : then === '–' ? styled('red', '-') : styled('yellow', '~'),
      what,
      now,
      then,
    ]);
  return [
    styled('bold', title),
    ...(rows.length === 0
      ? ['Nothing to change.']
      : [columns([{ title: '' }, { title: 'what' }, { title: 'now' }, { title: 'then' }], rows, width)]),
    ...list('Stays as it is:', kept, 'bold'),
    ...list('Not mended by this command:', left, 'yellow'),
    ...(changes.length === 0
      ? []
      : list('Worth having in the instances’ /etc/ecs/ecs.config (user data):', advice, 'bold')),
  ].join('\n');
};

/** The names of what is in code already, and would be set back from there. */
export const codeNote = (tags: Readonly<Record<string, string>>, command: string): readonly string[] => {
  const stack = tags['aws:cloudformation:stack-name'];
  return stack === undefined
    ? []
    : [
        `the group belongs to the CloudFormation stack ${stack}: better put it there (${command} --format cloudformation)`,
      ];
};

/** Where it stopped, and how to go on. */
export const brokenOffText = ({ done, failed, left }: CarriedOut, again: string, back: string): string => {
  const said = done.length === 0 ? 'nothing was changed' : `done: ${done.map(doneText).join('; ')}`;
  const rest = [...(failed === undefined ? [] : [failed.change]), ...left];
  const why =
    failed === undefined ? 'interrupted' : `${failed.detail.replace(/\.+$/, '')} (it takes ${actionOf(failed.change)})`;
  return `${why}; ${said}; ${counted(rest.length, 'change')} left: ${rest.map((it) => diffLine(it).what).join(', ')}. To go on: ${again}; to take it back: ${back}`;
};
