import type { MetricName } from '../lib/ports/telemetry.ts';
import type { Resources } from './cloudformation.ts';
import { queueName } from './queues.ts';
import {
  functionWiring,
  metricsDimension,
  metricsNamespace,
  type OptionalFunctionName,
  optionalQueues,
  queueWiring,
} from './wiring.ts';

/** A metric as dashboards write it: namespace, name, then dimension names and values. */
type Metric = readonly string[];

const widget = (title: string, column: number, row: number, statistic: string, metrics: readonly Metric[]): object => ({
  type: 'metric',
  x: 8 * column,
  y: 6 * row,
  width: 8,
  height: 6,
  properties: { title, region: '${AWS::Region}', view: 'timeSeries', period: 60, stat: statistic, metrics },
});

const berth = (name: MetricName): Metric => [metricsNamespace, name, ...metricsDimension];

const lambda = (name: string, optional: readonly OptionalFunctionName[]): readonly Metric[] =>
  [...Object.keys(functionWiring), ...optional].map((it) => [
    'AWS/Lambda',
    name,
    'FunctionName',
    `\${AWS::StackName}-${it}`,
  ]);

const sqs = (name: string, optional: readonly OptionalFunctionName[]): readonly Metric[] =>
  [
    ...Object.entries(queueWiring),
    ...Object.entries(optionalQueues).filter(([, { consumer }]) => optional.includes(consumer)),
  ].map(([queue, { fifo }]) => ['AWS/SQS', name, 'QueueName', queueName(queue, fifo)]);

const bodyOf = (optional: readonly OptionalFunctionName[]): object => ({
  widgets: [
    widget('Tasks that cannot be placed', 0, 0, 'Maximum', [berth('UnplaceableTasks'), berth('OverdueInstances')]),
    widget('Trouble', 1, 0, 'Sum', [berth('StepFailures'), berth('ObservationGaps'), berth('BuriedMessages')]),
    widget('Metrics without data', 2, 0, 'Maximum', [berth('MetricsWithoutData')]),
    widget('Oldest message, seconds', 0, 1, 'Maximum', sqs('ApproximateAgeOfOldestMessage', optional)),
    widget('Errors', 1, 1, 'Sum', lambda('Errors', optional)),
    widget('Duration, milliseconds', 2, 1, 'p99', lambda('Duration', optional)),
    ...(optional.includes('forecast')
      ? [
          widget('Worst forecast, error in per cent of the seasonal-naive rule', 0, 2, 'Maximum', [
            berth('ForecastError'),
          ]),
        ]
      : []),
    ...(optional.includes('keepMirrors')
      ? [widget('Instances that a mirror had wrong', 1, 2, 'Maximum', [berth('MirrorDrift')])]
      : []),
  ],
});

/** One page that tells whether Berth itself is well. */
export const dashboardResources = (optional: readonly OptionalFunctionName[]): Resources => ({
  Dashboard: {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: {
      DashboardName: { 'Fn::Sub': '${AWS::StackName}' },
      DashboardBody: { 'Fn::Sub': JSON.stringify(bodyOf(optional)) },
    },
  },
});
