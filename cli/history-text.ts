import type { DecisionRecord, StepRecord } from '../lib/model/decision.ts';
import { columns, type Style, styled } from './print.ts';
import { timeText } from './texts.ts';

const kinds: Readonly<Record<StepRecord['kind'], string>> = {
  setGroupDesiredCapacity: 'size',
  setServiceDesiredCount: 'count',
  launchInstances: 'launch',
  drainInstances: 'drain',
  restoreInstances: 'restore',
  terminateInstances: 'terminate',
  completeLifecycleActions: 'let go',
  recordHeartbeats: 'heartbeat',
  stopTasks: 'stop tasks',
  deregisterInstances: 'deregister',
};

const resultStyles: Readonly<Record<StepRecord['result'], Style>> = {
  done: 'green',
  dropped: 'yellow',
  failed: 'red',
  notInActMode: 'dim',
};

const subject = ({ group, service, from, to, instances, moreInstances }: StepRecord): string => {
  const ids = [...instances, ...(moreInstances > 0 ? [`and ${moreInstances} more`] : [])].join(', ');
  const sizes = from === undefined || to === undefined ? '' : `${from} to ${to}`;
  return [group ?? service ?? '', sizes, ids].filter((it) => it !== '').join(': ');
};

const stepLine = (it: StepRecord): string => {
  const detail = it.detail === undefined ? '' : `; ${it.detail}`;
  return `${subject(it)}\n${it.reason}${detail}`;
};

const rowsOf = ({ at, steps, moreSteps }: DecisionRecord): string[][] => [
  ...steps.map((it, n) => [
    n === 0 ? timeText(at) : '',
    kinds[it.kind],
    styled(resultStyles[it.result], it.result),
    stepLine(it),
  ]),
  ...(moreSteps > 0 ? [['', '', '', `and ${moreSteps} steps more`]] : []),
];

/** What decisions did, the oldest first. */
export const historyText = (decisions: readonly DecisionRecord[], width: number): string =>
  columns(
    [{ title: 'When' }, { title: 'Step' }, { title: 'Result' }, { title: 'What, and why' }],
    decisions.flatMap(rowsOf),
    width,
  );
