import type { MetricName } from '../lib/ports/telemetry.ts';
import { attribute, capitalised, type Resources, substituted, type Value } from './cloudformation.ts';
import { deadLetters, decideDeadLetters, queueId } from './queues.ts';
import {
  type FunctionName,
  functionWiring,
  metricsDimension,
  metricsNamespace,
  type OptionalFunctionName,
  optionalFunctions,
} from './wiring.ts';

interface Alarm {
  /** What has happened and what to do, for the person it wakes. */
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimension: readonly [name: string, value: Value];
  readonly statistic: 'Sum' | 'Maximum';
  readonly periodSeconds: number;
  /** So many of so many periods must be beyond the threshold. */
  readonly periods: readonly [beyond: number, of: number];
  readonly threshold: number;
  readonly below?: true;
  /** What a period without data says; `ignore` keeps the state until there is data again. */
  readonly missing: 'notBreaching' | 'breaching' | 'ignore';
}

const alarm = (id: string, it: Alarm, actions: readonly string[]): Resources[string] => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: substituted(`\${AWS::StackName}-${id}`),
    AlarmDescription: it.description,
    Namespace: it.namespace,
    MetricName: it.metric,
    Dimensions: [{ Name: it.dimension[0], Value: it.dimension[1] }],
    Statistic: it.statistic,
    Period: it.periodSeconds,
    DatapointsToAlarm: it.periods[0],
    EvaluationPeriods: it.periods[1],
    Threshold: it.threshold,
    ComparisonOperator: it.below === true ? 'LessThanThreshold' : 'GreaterThanThreshold',
    TreatMissingData: it.missing,
    AlarmActions: actions,
    OKActions: actions,
  },
});

const deadLettersAlarm = (queue: string, what: string): Alarm => ({
  description: `${what} Read the messages and the function's log; redrive or purge them.`,
  namespace: 'AWS/SQS',
  metric: 'ApproximateNumberOfMessagesVisible',
  dimension: ['QueueName', attribute(queue, 'QueueName')],
  statistic: 'Maximum',
  periodSeconds: 60,
  periods: [1, 1],
  threshold: 0,
  missing: 'notBreaching',
});

const functionAlarm = (
  name: FunctionName | OptionalFunctionName,
  metric: string,
): Omit<Alarm, 'description' | 'threshold' | 'missing'> => ({
  namespace: 'AWS/Lambda',
  metric,
  dimension: ['FunctionName', substituted(`\${AWS::StackName}-${name}`)],
  statistic: 'Sum',
  periodSeconds: 300,
  periods: [1, 1],
});

const berthAlarm = (
  metric: MetricName,
): Pick<Alarm, 'namespace' | 'metric' | 'dimension' | 'statistic' | 'periodSeconds'> => ({
  namespace: metricsNamespace,
  metric,
  dimension: metricsDimension,
  statistic: 'Maximum',
  periodSeconds: 300,
});

const alarms: Readonly<Record<string, Alarm>> = {
  'dead-letters': deadLettersAlarm(
    deadLetters,
    'Events that could not be handled, or queued tasks that were refused or given up.',
  ),
  'decide-dead-letters': deadLettersAlarm(decideDeadLetters, 'Decisions that failed each time they were tried.'),
  'decisions-late': {
    description: 'A cluster has been waiting for a decision for more than five minutes. Read the log of decide.',
    namespace: 'AWS/SQS',
    metric: 'ApproximateAgeOfOldestMessage',
    dimension: ['QueueName', attribute(queueId('decide'), 'QueueName')],
    statistic: 'Maximum',
    periodSeconds: 60,
    periods: [1, 1],
    threshold: 300,
    missing: 'notBreaching',
  },
  'minute-check-stopped': {
    ...functionAlarm('metricCheck', 'Invocations'),
    description: 'The minute check has not run for ten minutes: timers and lost events are no longer noticed.',
    periods: [2, 2],
    threshold: 1,
    below: true,
    missing: 'breaching',
  },
  'unplaceable-tasks': {
    ...berthAlarm('UnplaceableTasks'),
    description:
      'Tasks that no group can ever place, or that groups at their maximum size cannot. The plan (capacityRun, action plan) says which.',
    periods: [2, 3],
    threshold: 0,
    missing: 'ignore', // a quiet cluster is decided on every ten minutes only; its tasks wait all the same
  },
  'step-failures': {
    ...berthAlarm('StepFailures'),
    description: 'Steps of plans have been failing for a quarter of an hour. Read the log of decide.',
    periods: [3, 3], // a single failed step is healed by the next look
    threshold: 0,
    missing: 'notBreaching',
  },
  'observation-gaps': {
    ...berthAlarm('ObservationGaps'),
    description:
      'Something could not be read for a quarter of an hour: less is decided meanwhile, and nothing is removed that it might concern. The log of decide says what, under gaps.',
    periods: [3, 3], // what was throttled is read at the next look
    threshold: 0,
    missing: 'notBreaching',
  },
  'overdue-instances': {
    ...berthAlarm('OverdueInstances'),
    description:
      'Instances were launched and have not registered with ECS by their deadline. Look at their launch template and user data; berth doctor names the group.',
    periods: [3, 3], // one fails by chance and is replaced
    threshold: 0,
    missing: 'ignore', // a quiet cluster is decided on every ten minutes only
  },
  'metrics-without-data': {
    ...berthAlarm('MetricsWithoutData'),
    description:
      'A metric named in berth.yml has had no data for a quarter of an hour. The log of metricCheck names it.',
    periods: [3, 3],
    threshold: 0,
    missing: 'notBreaching',
  },
};

const errorAlarm = (name: FunctionName | OptionalFunctionName): readonly [string, Alarm] => [
  `${{ ...functionWiring, ...optionalFunctions }[name].file}-errors`,
  {
    ...functionAlarm(name, 'Errors'),
    description: `${name} failed three times within five minutes. Read its log.`,
    threshold: 2, // one failure is tried again, or overtaken by the next minute check
    missing: 'notBreaching',
  },
];

/** Only with their function. That a queued task waits for room is no trouble: it is kept in the table by then. */
const optionalAlarms: Readonly<Record<OptionalFunctionName, readonly (readonly [string, Alarm])[]>> = {
  taskQueue: [
    errorAlarm('taskQueue'),
    [
      'queued-tasks-late',
      {
        description: 'A queued task has not been taken for more than five minutes. Read the log of taskQueue.',
        namespace: 'AWS/SQS',
        metric: 'ApproximateAgeOfOldestMessage',
        dimension: ['QueueName', attribute(queueId('tasks'), 'QueueName')],
        statistic: 'Maximum',
        periodSeconds: 60,
        periods: [1, 1],
        threshold: 300,
        missing: 'notBreaching',
      },
    ],
  ],
  forecast: [errorAlarm('forecast')], // Lambda tries a failed one twice more, which makes three
  mirror: [errorAlarm('mirror')],
  keepMirrors: [
    errorAlarm('keepMirrors'),
    [
      'mirror-drift',
      {
        ...berthAlarm('MirrorDrift'),
        description:
          'Comparison after comparison finds more than a few of a cluster’s instances other than its mirror has them: events are lost. Read the log of keepMirrors.',
        periodSeconds: 900, // a comparison comes every ten minutes
        periods: [3, 3],
        threshold: 10,
        missing: 'notBreaching',
      },
    ],
  ],
};

/** Alarms, which tell the topic where one is given. */
export const alarmResources = (topicArn: string, optional: readonly OptionalFunctionName[]): Resources => {
  const all = [
    ...Object.entries(alarms),
    ...(Object.keys(functionWiring) as FunctionName[]).map(errorAlarm),
    ...optional.flatMap((it) => optionalAlarms[it]),
  ];
  const actions = topicArn === '' ? [] : [topicArn];
  return Object.fromEntries(
    all.map(([id, it]) => [`${id.split('-').map(capitalised).join('')}Alarm`, alarm(id, it, actions)]),
  );
};
