import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../simulator/world/api.ts';
import { type AlarmState, alarmSettings, evaluated } from '../../simulator/world/cloudwatch/alarm.ts';
import { objects } from '../../simulator/world/json.ts';
import { detailsOf, minute, only, refusal, textAt, type UnderTest, worldUnderTest } from '../world/world-under-test.ts';

const alarm: JsonObject = {
  AlarmName: 'busy',
  Namespace: 'N',
  MetricName: 'Load',
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 3,
  Threshold: 10,
  ComparisonOperator: 'GreaterThanThreshold',
};

const put = (under: UnderTest, Value: number): void => {
  under.call('monitoring', 'PutMetricData', { Namespace: 'N', MetricData: [{ MetricName: 'Load', Value }] });
};

const stateOf = (under: UnderTest): string =>
  textAt(
    only(objects(under.call('monitoring', 'DescribeAlarms', { AlarmNames: ['busy'] }), 'MetricAlarms') ?? []),
    'StateValue',
  );

/** Minutes of one value each. */
const minutesOf = async (under: UnderTest, count: number, value: number | undefined): Promise<void> => {
  for (let n = 0; n < count; n++) {
    if (value !== undefined) put(under, value);
    await under.pass(minute);
  }
};

describe('alarms', () => {
  it('CloudWatch user guide, alarm evaluation: three breaching minutes of three raise it, some minutes later; one good one ends it', async () => {
    const under = worldUnderTest();
    under.call('monitoring', 'PutMetricAlarm', alarm);
    const first = stateOf(under);
    await minutesOf(under, 6, 5);
    const calm = stateOf(under);
    await minutesOf(under, 3, 20);
    const early = stateOf(under);
    await minutesOf(under, 3, 20);
    const busy = stateOf(under);
    await minutesOf(under, 4, 5);

    expect([first, calm, early, busy, stateOf(under)]).toEqual(['INSUFFICIENT_DATA', 'OK', 'OK', 'ALARM', 'OK']);
  });

  it('CloudWatch user guide, alarm events: each change of state is one event, with the one before and what it watches', async () => {
    const under = worldUnderTest();
    under.call('monitoring', 'PutMetricAlarm', alarm);
    await minutesOf(under, 4, 5);
    await minutesOf(under, 8, 20);
    await minutesOf(under, 6, 5);

    const details = detailsOf(under, 'CloudWatch Alarm State Change');
    expect(details).toMatchObject([
      { alarmName: 'busy', state: { value: 'OK' }, previousState: { value: 'INSUFFICIENT_DATA' } },
      { alarmName: 'busy', state: { value: 'ALARM' }, previousState: { value: 'OK' } },
      { alarmName: 'busy', state: { value: 'OK' }, previousState: { value: 'ALARM' } },
    ]);
    expect(details[0]).toMatchObject({
      configuration: {
        metrics: [
          {
            id: 'm1',
            metricStat: { metric: { namespace: 'N', name: 'Load', dimensions: {} }, period: 60, stat: 'Average' },
          },
        ],
      },
      state: { timestamp: expect.stringMatching(/^2026-01-01T.*\+0000$/) },
    });
  });

  it('CloudWatch user guide, alarms on math expressions: watches what the expression comes to', async () => {
    const under = worldUnderTest();
    const { Namespace, MetricName, Statistic, Period, ...rest } = alarm;
    const MetricStat = { Metric: { Namespace, MetricName }, Stat: Statistic, Period };
    under.call('monitoring', 'PutMetricAlarm', {
      ...rest,
      Metrics: [
        { Id: 'm1', MetricStat, ReturnData: false },
        { Id: 'e1', Expression: 'm1 * 10', ReturnData: true },
      ],
    });
    await minutesOf(under, 8, 2);

    expect(stateOf(under)).toBe('ALARM');
  });

  it('CloudWatch API, SetAlarmState: holds until the next evaluation', async () => {
    const under = worldUnderTest();
    under.call('monitoring', 'PutMetricAlarm', alarm);
    await minutesOf(under, 6, 5);
    under.call('monitoring', 'SetAlarmState', { AlarmName: 'busy', StateValue: 'ALARM', StateReason: 'a drill' });
    const forced = stateOf(under);
    await minutesOf(under, 2, 5);

    expect([forced, stateOf(under)]).toEqual(['ALARM', 'OK']);
  });

  it('CloudWatch API, DeleteAlarms: it is looked at no more', async () => {
    const under = worldUnderTest();
    under.call('monitoring', 'PutMetricAlarm', alarm);
    under.call('monitoring', 'DeleteAlarms', { AlarmNames: ['busy'] });
    await minutesOf(under, 8, 20);

    expect(under.call('monitoring', 'DescribeAlarms')).toMatchObject({ MetricAlarms: [] });
    expect(detailsOf(under, 'CloudWatch Alarm State Change')).toEqual([]);
  });

  it('CloudWatch API, PutMetricAlarm: a changed alarm keeps its state until it is looked at', async () => {
    const under = worldUnderTest();
    under.call('monitoring', 'PutMetricAlarm', alarm);
    await minutesOf(under, 6, 5);
    under.call('monitoring', 'PutMetricAlarm', { ...alarm, Threshold: 1 });
    const kept = stateOf(under);
    await minutesOf(under, 2, 5);

    expect([kept, stateOf(under)]).toEqual(['OK', 'ALARM']);
  });

  it.each<[string, JsonObject]>([
    ['an operator that is none', { ComparisonOperator: 'Above' }],
    ['more datapoints than periods', { DatapointsToAlarm: 4 }],
    ['no threshold', { Threshold: undefined }],
    ['no statistic', { Statistic: undefined }],
    ['a treatment that is none', { TreatMissingData: 'zero' }],
    ['half a minute', { Period: 30 }],
    ['an expression that is none', { Metrics: [{ Id: 'e', Expression: 'm1 +' }] }],
    [
      'two results',
      {
        Metrics: [
          { Id: 'e', Expression: 'TIME_SERIES(1)' },
          { Id: 'f', Expression: 'TIME_SERIES(1)' },
        ],
      },
    ],
  ])('CloudWatch API, PutMetricAlarm: refuses %s', (_, changes) => {
    const under = worldUnderTest();

    expect(refusal(() => under.call('monitoring', 'PutMetricAlarm', { ...alarm, ...changes }))).toMatch(
      /^ValidationError: /,
    );
  });
});

describe('missing data', () => {
  type Expected = AlarmState | 'same';

  /** The five newest datapoints, the oldest first: `0` within, `X` breaching, `-` missing. */
  const evaluate = (pattern: string, datapointsToAlarm: number, TreatMissingData: string): Expected => {
    const settings = alarmSettings({ ...alarm, DatapointsToAlarm: datapointsToAlarm, TreatMissingData });
    const datapoints = Array.from(pattern)
      .map((it, n) => ({ value: it === 'X' ? 20 : 0, age: pattern.length - n, known: it !== '-' }))
      .filter((it) => it.known)
      .reverse();
    return evaluated(settings, datapoints) ?? 'same';
  };

  it.each<[string, number, Expected, Expected, Expected, Expected]>([
    // pattern, datapoints to alarm, missing, ignore, breaching, notBreaching
    ['0-X-X', 3, 'OK', 'OK', 'OK', 'OK'],
    ['0----', 3, 'OK', 'OK', 'OK', 'OK'],
    ['-----', 3, 'INSUFFICIENT_DATA', 'same', 'ALARM', 'OK'],
    ['0XX-X', 3, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['--X--', 3, 'ALARM', 'same', 'ALARM', 'OK'],
    ['0-X-X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['00X0X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['----X', 2, 'OK', 'same', 'ALARM', 'OK'],
    ['---X-', 2, 'ALARM', 'same', 'ALARM', 'OK'],
  ])(
    'CloudWatch user guide, how alarms treat missing data: %s with %i of 3',
    (pattern, m, missing, ignore, breaching, not) => {
      const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'];

      expect(treatments.map((it) => evaluate(pattern, m, it))).toEqual([missing, ignore, breaching, not]);
    },
  );
});
