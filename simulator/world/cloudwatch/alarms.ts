import type { Dice } from '../../kernel/dice.ts';
import { type Api, AwsApiError, type Json, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, flag, isObject, number, objects, pageOf, requiredText, text, texts } from '../json.ts';
import {
  type AlarmSettings,
  type AlarmState,
  alarmSettings,
  evaluated,
  evaluationRangeMs,
  isAlarmState,
  watched,
} from './alarm.ts';
import { minuteMs } from './metrics.ts';
import { createQueries, type FindMetric } from './queries.ts';
import { invalid } from './series.ts';

interface Standing {
  readonly value: AlarmState;
  readonly reason: string;
  readonly reasonData: string;
  readonly at: number;
}

interface Alarm {
  readonly arn: string;
  settings: AlarmSettings;
  state: Standing;
  updatedAt: number;
  /** When it came to the state it is in. */
  since: number;
}

const lowered = (name: string): string =>
  name === 'MetricName' ? 'name' : name.charAt(0).toLowerCase() + name.slice(1);

/** Members begin small in events, and dimensions are an object by name. */
const asInEvents = (value: Json): Json => {
  if (Array.isArray(value)) return value.map((it: Json) => asInEvents(it));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      lowered(name),
      name === 'Dimensions'
        ? Object.fromEntries((objects(value, name) ?? []).map((it) => [text(it, 'Name') ?? '', text(it, 'Value')]))
        : asInEvents(member),
    ]),
  );
};

const standingJson = ({ value, reason, reasonData, at }: Standing): JsonObject => ({
  value,
  reason,
  ...(reasonData === '' ? {} : { reasonData }),
  timestamp: new Date(at).toISOString().replace('Z', '+0000'),
});

const alarmJson = ({ arn, settings, state, updatedAt, since }: Alarm): JsonObject => ({
  AlarmArn: arn,
  ActionsEnabled: flag(settings.json, 'ActionsEnabled') ?? true,
  OKActions: [],
  AlarmActions: [],
  InsufficientDataActions: [],
  ...settings.json,
  TreatMissingData: settings.missingData,
  AlarmConfigurationUpdatedTimestamp: epochSeconds(updatedAt),
  StateValue: state.value,
  StateReason: state.reason,
  ...(state.reasonData === '' ? {} : { StateReasonData: state.reasonData }),
  StateUpdatedTimestamp: epochSeconds(state.at),
  StateTransitionedTimestamp: epochSeconds(since),
});

/**
 * Metric alarms (CloudWatch user guide, alarms): looked at each minute at a second of their own; a change of state is an
 * event. Actions are kept and not carried out: who acts on an alarm listens for the event, or asks.
 */
export const createAlarms = (ground: Ground, dice: Dice, find: FindMetric): Api => {
  const alarms = new Map<string, Alarm>();

  const change = (alarm: Alarm, value: AlarmState, reason: string, reasonData = ''): void => {
    const before = alarm.state;
    alarm.state = { value, reason, reasonData, at: ground.now() };
    if (before.value === value) return;
    alarm.since = ground.now();
    const { name, queries } = alarm.settings;
    ground.emit({
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      resources: [alarm.arn],
      detail: () => ({
        alarmName: name,
        state: standingJson(alarm.state),
        previousState: standingJson(before),
        configuration: { metrics: asInEvents(queries) },
      }),
    });
  };

  const evaluate = (alarm: Alarm): void => {
    const { settings } = alarm;
    const { periodMs } = settings;
    const now = ground.now();
    const end = Math.floor(now / periodMs) * periodMs;
    const span = { from: end - evaluationRangeMs(settings), to: end, now };
    const [series] = createQueries(settings.queries, find, span).seriesOf(watched(settings.queries));
    const datapoints = [...(series?.points ?? [])]
      .reverse()
      .map(([at, value]) => ({ value, age: Math.round((end - at) / periodMs) }));
    const value = evaluated(settings, datapoints);
    if (value === undefined || value === alarm.state.value) return;
    const recent = datapoints.slice(0, settings.evaluationPeriods).map((it) => it.value);
    const reason =
      value === 'INSUFFICIENT_DATA'
        ? `Insufficient Data: ${settings.evaluationPeriods} datapoints were unknown.`
        : `Threshold Crossed: the datapoints [${recent.join(', ')}] against ${settings.comparison} ${settings.threshold}.`;
    change(
      alarm,
      value,
      reason,
      JSON.stringify({ version: '1.0', recentDatapoints: recent, threshold: settings.threshold }),
    );
  };

  const watch = (alarm: Alarm, delayMs: number): void => {
    ground.afterMs(delayMs, () => {
      if (alarms.get(alarm.settings.name) !== alarm) return;
      evaluate(alarm);
      watch(alarm, minuteMs);
    });
  };

  const put = (input: JsonObject): JsonObject => {
    const settings = alarmSettings(input);
    // What cannot be computed is refused now, not at the first look.
    createQueries(settings.queries, find, { from: 0, to: 0, now: 0 }).seriesOf(watched(settings.queries));
    const known = alarms.get(settings.name);
    if (known !== undefined) {
      known.settings = settings;
      known.updatedAt = ground.now();
      return {};
    }
    const now = ground.now();
    const state = {
      value: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      reasonData: '',
      at: now,
    } as const;
    const arn = ground.arn('cloudwatch', `alarm:${settings.name}`);
    const alarm: Alarm = { arn, settings, state, updatedAt: now, since: now };
    alarms.set(settings.name, alarm);
    watch(alarm, Math.floor(dice.next() * minuteMs));
    return {};
  };

  const isAsked = (it: Alarm, input: JsonObject): boolean => {
    const names = texts(input, 'AlarmNames') ?? [];
    return (
      (names.length === 0 || names.includes(it.settings.name)) &&
      it.settings.name.startsWith(text(input, 'AlarmNamePrefix') ?? '') &&
      (text(input, 'StateValue') ?? it.state.value) === it.state.value
    );
  };

  const describe = (input: JsonObject): JsonObject => {
    const all = [...alarms.values()].filter((it) => isAsked(it, input));
    const badToken = (): AwsApiError => new AwsApiError('InvalidNextToken', 'The token is invalid.');
    const page = pageOf(all, number(input, 'MaxRecords') ?? 50, text(input, 'NextToken'), badToken);
    return { MetricAlarms: page.items.map(alarmJson), CompositeAlarms: [], NextToken: page.nextToken };
  };

  const setState = (input: JsonObject): JsonObject => {
    const alarm = alarms.get(requiredText(input, 'AlarmName', 'MissingParameter'));
    if (alarm === undefined) throw new AwsApiError('ResourceNotFound', 'The alarm does not exist.', 404);
    const value = requiredText(input, 'StateValue', 'MissingParameter');
    if (!isAlarmState(value)) throw invalid(`${value} is not a state of an alarm.`);
    change(alarm, value, requiredText(input, 'StateReason', 'MissingParameter'), text(input, 'StateReasonData'));
    return {};
  };

  return {
    PutMetricAlarm: put,
    DescribeAlarms: describe,
    SetAlarmState: setState,
    DeleteAlarms: (input) => {
      for (const name of texts(input, 'AlarmNames') ?? []) alarms.delete(name);
      return {};
    },
  };
};
