import { type CapacityRunAnswer, runByHand } from '../lib/flows/capacity-run.ts';
import type { CapacityRequest } from '../lib/model/asked-for.ts';
import { type ClusterOptions, openDeployment } from './context.ts';
import { print, styled } from './print.ts';
import { timeText } from './texts.ts';

/** What is asked of a cluster, as the function for manual invocations takes it. */
type Asked = Readonly<Record<string, unknown>> & { readonly action: CapacityRunAnswer['action'] };

/** Room that was asked for, in a line. */
export const capacityLine = ({ id, tasks, target, until }: CapacityRequest): string => {
  const of =
    target.kind === 'service'
      ? `service ${target.service}`
      : `task definition ${target.taskDefinitionArn.replace(/^.*\//, '')}`;
  return `${id}: room for ${tasks} more of ${of}, until ${timeText(until)}`;
};

/** What comes next, after something was stored. */
const storedText = (answer: CapacityRunAnswer): readonly string[] => {
  if (!('asked' in answer) || !('note' in answer)) return [];
  return [
    answer.asked
      ? 'A decision was asked for: Berth sees to it within seconds.'
      : styled('yellow', 'No decision could be asked for: Berth sees to it at its next event or check.'),
    ...(answer.note === undefined ? [] : [`note: ${answer.note}`]),
  ];
};

/**
 * Asks as by a manual invocation, by the same functions, and prints the answer.
 * @throws RequestError, UsageError, and what the SDK throws where AWS refuses or cannot be reached
 */
export const askByHand = async (
  asked: Asked,
  options: ClusterOptions,
  textOf: (answer: CapacityRunAnswer) => readonly string[],
): Promise<void> => {
  const { cluster, byHand, endProgress, notes } = await openDeployment(options);
  // What was not given is left out: the request takes no member that it does not know.
  const request = JSON.parse(JSON.stringify({ ...asked, cluster })) as unknown;
  const answer = await runByHand(request, byHand);
  endProgress();
  print(options.json, answer, () =>
    [...notes.map((it) => styled('yellow', `note: ${it}`)), ...textOf(answer), ...storedText(answer)].join('\n'),
  );
  // It is stored all the same; who asked by a script wants to know that nobody was told.
  if ('asked' in answer && !answer.asked) process.exitCode = 1;
};
