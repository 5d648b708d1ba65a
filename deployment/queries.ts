import { capitalised, type Resources, substituted } from './cloudformation.ts';
import type { FunctionName } from './wiring.ts';

interface Query {
  /** Whose logs are asked. */
  readonly of: readonly FunctionName[];
  /** In the language of CloudWatch Logs Insights; `parse` finds what may stand at any place of a list. */
  readonly commands: readonly string[];
}

const latestFirst = ['sort @timestamp desc', 'limit 200'];

/** By name. Which fields a line has is told in docs/metrics.md. */
export const queries: Readonly<Record<string, Query>> = {
  'what-was-done': {
    of: ['decide'],
    commands: [
      'filter message = "decision" and ispresent(steps.0.kind)',
      'fields @timestamp, cluster, mode, steps.0.kind, steps.0.group, steps.0.from, steps.0.to, steps.0.result, steps.0.reason',
      ...latestFirst,
    ],
  },
  'what-failed': {
    of: ['decide'],
    commands: [
      'filter message = "decision" and failed > 0',
      'parse @message /"kind":"(?<step>[^"]+)","result":"failed","detail":"(?<detail>[^"]+)"/',
      'fields @timestamp, cluster, failed, step, detail',
      ...latestFirst,
    ],
  },
  'tasks-without-a-place': {
    of: ['decide'],
    commands: [
      'filter message = "decision" and unplaceable > 0',
      'parse @message /"kind":"unplaceable","reason":"(?<reason>[^"]+)"/',
      'stats max(unplaceable) as tasks, count(*) as decisions, max(@timestamp) as last by cluster, reason',
      'sort last desc',
    ],
  },
  'why-instances-stay': {
    of: ['decide'],
    commands: [
      'filter message = "decision"',
      'parse @message /"instances":(?<verdicts>\\{[^}]*\\})/',
      'fields @timestamp, cluster, verdicts',
      ...latestFirst,
    ],
  },
  'what-was-said-of-an-instance': {
    of: ['decide', 'urgentEvents'],
    commands: [
      'filter @message like /i-0123456789abcdef0/',
      'fields @timestamp, message, cluster, @message',
      ...latestFirst,
    ],
  },
  'service-counts': {
    of: ['metricCheck'],
    commands: [
      'filter message = "service counts"',
      'fields @timestamp, cluster, services.0.service, services.0.desired, services.0.wanted, services.0.reason',
      ...latestFirst,
    ],
  },
  warnings: {
    of: ['clusterEvents', 'urgentEvents', 'decide', 'metricCheck', 'capacityRun'],
    commands: [
      'filter level in ["WARN", "ERROR"] and message != "decision"',
      'stats count(*) as times, max(@timestamp) as last by level, message',
      'sort last desc',
    ],
  },
  'how-long-decisions-take': {
    of: ['decide'],
    commands: [
      'filter @type = "REPORT"',
      'stats count(*) as decisions, pct(@duration, 50) as p50, pct(@duration, 99) as p99, max(@maxMemoryUsed) as memory by bin(1h)',
    ],
  },
};

/** Saved queries, in a folder named after the stack. */
export const queryResources = (): Resources =>
  Object.fromEntries(
    Object.entries(queries).map(([name, { of, commands }]) => [
      `${name.split('-').map(capitalised).join('')}Query`,
      {
        Type: 'AWS::Logs::QueryDefinition',
        Properties: {
          Name: substituted(`\${AWS::StackName}/${name}`),
          LogGroupNames: of.map((it) => substituted(`/aws/lambda/\${AWS::StackName}-${it}`)),
          QueryString: commands.join('\n| '),
        },
      },
    ]),
  );
