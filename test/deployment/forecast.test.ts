import { describe, expect, it } from '@jest/globals';
import { type Asked, asksNothing, forecastStatements } from '../../deployment/permissions.ts';
import { roleResources } from '../../deployment/roles.ts';
import { askedBy, readSettings } from '../../deployment/settings-file.ts';
import { variableAt } from '../../deployment/variables.ts';
import { optionalFunctions } from '../../deployment/wiring.ts';

const clusters = ['production'];
const asked: Asked = { ...asksNothing, forecasts: true };
const variable = (address: string, it = asked) => variableAt(address, { clusters, alarmTopicArn: '', asked: it });

const askedFor = (scaling: string, cluster = 'production'): boolean => {
  const file = readSettings(
    `clusters:\n  ${cluster}:\n    services:\n      api:\n        scaling: { maximum: 9, signals: [{ kind: cpu, target: 60 }]${scaling} }\n`,
    'berth.yml',
  );
  return file.ok && askedBy(file.settings, clusters).forecasts;
};

describe('forecasts', () => {
  it('are not deployed unless a service of the deployment asks for one', () => {
    expect(variable('function.forecast', asksNothing)).toBeNull();
    expect(Object.keys(roleResources(clusters, asksNothing))).not.toContain('ForecastRole');
    expect(askedFor('')).toBe(false);
    expect(askedFor(', forecast: {}')).toBe(true);
    expect(askedFor(', forecast: {}', 'elsewhere')).toBe(false);
  });

  it('are made once a day, by a function with a role of its own', () => {
    expect(variable('function.forecast')).toMatchObject({
      handler: 'dist/forecast/index.handler',
      role: { 'Fn::Sub': '${ForecastRole.Arn}' },
      timeout: optionalFunctions.forecast.timeoutSeconds,
      memorySize: optionalFunctions.forecast.memoryMiB,
      events: [
        {
          eventBridge: {
            schedule: expect.stringMatching(/^cron\(\d+ \d+ \* \* \? \*\)$/),
            deadLetterQueueArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] },
          },
        },
      ],
    });
    expect(Object.keys(roleResources(clusters, asked))).toContain('ForecastRole');
  });

  it('may read metrics and write the table, and nothing else', () => {
    expect(forecastStatements().flatMap((it) => it.actions)).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'dynamodb:PutItem',
      'cloudwatch:GetMetricData',
    ]);
  });

  it('ring where they cannot be made, and stand on the dashboard with their error', () => {
    const alarmsOf = (it: Asked): readonly string[] => Object.keys(variable('resources.alarms', it) ?? {});
    const board = (it: Asked): string => JSON.stringify(variable('resources.dashboard', it));

    expect(alarmsOf(asked).filter((it) => !alarmsOf(asksNothing).includes(it))).toEqual(['ForecastErrorsAlarm']);
    expect(board(asked)).toMatch(/ForecastError.*service.*berth/);
    expect(board(asked)).toContain('${AWS::StackName}-forecast');
    expect(board(asked)).not.toContain('-taskQueue');
    expect(board(asksNothing)).not.toMatch(/ForecastError|-forecast/);
  });
});
