import { type Api, AwsApiError, type Json, type JsonObject } from '../api.ts';
import type { Emission, Ground } from '../ground.ts';
import { isObject, number, object, objects, pageOf, requiredText, text, texts, time } from '../json.ts';
import { matchesField, matchesPattern } from './pattern.ts';
import { periodOf } from './schedule.ts';

/** Where events go: functions the host registered, and queues. */
export interface Deliveries {
  invoke(functionArn: string, event: JsonObject): boolean;
  enqueue(queueArn: string, body: string, groupId: string | undefined): boolean;
}

export interface EventBus {
  readonly api: Api;
  readonly emit: (emission: Emission) => void;
}

interface Target {
  readonly id: string;
  readonly arn: string;
  readonly json: JsonObject;
}

interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly pattern: JsonObject | undefined;
  readonly schedule: string | undefined;
  readonly enabled: boolean;
  readonly targets: Map<string, Target>;
}

const parseObject = (json: string, what: string): JsonObject => {
  let parsed: Json;
  try {
    parsed = JSON.parse(json) as Json;
  } catch {
    parsed = undefined;
  }
  if (!isObject(parsed))
    throw new AwsApiError('InvalidEventPatternException', `${what} is not valid. Reason: Not a JSON object`);
  return parsed;
};

/** Events carry whole seconds: `2026-11-23T12:00:00Z`. */
const eventTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** An event is written out at most once, however many targets it has. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** `$.detail.x` of an event. */
const atPath = (event: JsonObject, path: string): Json =>
  path
    .split('.')
    .slice(1)
    .reduce<Json>((value, name) => (isObject(value) ? value[name] : undefined), event);

/** What the target receives: the event, a part of it, a constant, or a template filled from it. */
const inputFor = (target: Target, event: JsonObject, whole: () => string): string => {
  const constant = text(target.json, 'Input');
  if (constant !== undefined) return constant;
  const path = text(target.json, 'InputPath');
  if (path !== undefined) return JSON.stringify(atPath(event, path) ?? null);
  const transformer = object(target.json, 'InputTransformer');
  if (transformer === undefined) return whole();
  const paths = object(transformer, 'InputPathsMap') ?? {};
  return (text(transformer, 'InputTemplate') ?? '').replace(/<([\w.-]+)>/g, (placeholder, name: string) => {
    if (name === 'aws.events.event.json') return whole();
    const source = text(paths, name);
    return source === undefined ? placeholder : JSON.stringify(atPath(event, source) ?? null);
  });
};

export const createEventBus = (ground: () => Ground, deliveries: Deliveries): EventBus => {
  const rules = new Map<string, Rule>();

  const deliver = (rule: Rule, target: Target, event: JsonObject, whole: () => string): void => {
    const { now, log } = ground();
    const body = inputFor(target, event, whole);
    const isFunction = target.arn.includes(':lambda:');
    const groupId = text(object(target.json, 'SqsParameters') ?? {}, 'MessageGroupId');
    const done = isFunction
      ? deliveries.invoke(target.arn, parseObject(body, 'Input'))
      : deliveries.enqueue(target.arn, body, groupId);
    if (!done) log.write({ kind: 'undeliverable', at: now(), rule: rule.name, targetArn: target.arn, event });
  };

  const dispatch = (rule: Rule, event: JsonObject, whole: () => string): void => {
    for (const target of rule.targets.values()) {
      ground().after(ground().constants.eventDeliveryMs, () => {
        deliver(rule, target, event, whole);
      });
    }
  };

  const envelope = (emission: Emission, at: number): JsonObject => ({
    version: '0',
    id: ground().uuid(),
    'detail-type': emission.detailType,
    source: emission.source,
    account: ground().accountId,
    time: eventTime(at),
    region: ground().region,
    resources: emission.resources,
    detail: emission.detail(),
  });

  /** Rules whose source and detail-type already rule the event out need not see its detail. */
  const mayMatch = ({ enabled, pattern }: Rule, { source, detailType }: Emission): boolean =>
    enabled &&
    pattern !== undefined &&
    (pattern['source'] === undefined || matchesField(pattern['source'], source)) &&
    (pattern['detail-type'] === undefined || matchesField(pattern['detail-type'], detailType));

  const emit = (emission: Emission, at = ground().now()): string | undefined => {
    const { log } = ground();
    const possible = [...rules.values()].filter((rule) => mayMatch(rule, emission));
    if (possible.length === 0 && !log.wants('event')) return undefined;
    const event = envelope(emission, at);
    log.write({ kind: 'event', at: ground().now(), event });
    const whole = once(() => JSON.stringify(event));
    for (const rule of possible) {
      if (rule.pattern !== undefined && matchesPattern(rule.pattern, event)) dispatch(rule, event, whole);
    }
    return text(event, 'id');
  };

  /** Fires at whole minutes plus a lag of its own: EventBridge promises the minute, not the second. */
  const tick = (rule: Rule, at: number, periodMs: number): void => {
    ground().afterMs(at - ground().now(), () => {
      if (rules.get(rule.name) !== rule) return;
      if (rule.enabled) {
        const scheduled = {
          source: 'aws.events',
          detailType: 'Scheduled Event',
          resources: [rule.arn],
          detail: () => ({}),
        };
        const event = envelope(scheduled, at);
        dispatch(rule, event, () => JSON.stringify(event));
      }
      tick(rule, at + periodMs, periodMs);
    });
  };

  const startSchedule = (rule: Rule): void => {
    if (rule.schedule === undefined) return;
    const periodMs = periodOf(rule.schedule);
    const lagMs = ground().draw({ low: 0, high: 30_000 });
    tick(rule, Math.ceil(ground().now() / 60_000) * 60_000 - 60_000 + periodMs + lagMs, periodMs);
  };

  const putRule = (input: JsonObject): Rule => {
    const name = requiredText(input, 'Name', 'ValidationException');
    const pattern = text(input, 'EventPattern');
    const schedule = text(input, 'ScheduleExpression');
    if (pattern === undefined && schedule === undefined) {
      throw new AwsApiError(
        'ValidationException',
        'Parameter(s) EventPattern or ScheduleExpression must be specified.',
      );
    }
    const rule: Rule = {
      name,
      arn: ground().arn('events', `rule/${name}`),
      pattern: pattern === undefined ? undefined : parseObject(pattern, 'Event pattern'),
      schedule,
      enabled: text(input, 'State') !== 'DISABLED',
      targets: rules.get(name)?.targets ?? new Map<string, Target>(),
    };
    rules.set(name, rule);
    startSchedule(rule);
    return rule;
  };

  const ruleOf = (input: JsonObject, member: string): Rule => {
    const name = requiredText(input, member, 'ValidationException');
    const rule = rules.get(name);
    if (rule === undefined)
      throw new AwsApiError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  };

  const putEntry = (entry: JsonObject): JsonObject => {
    const detail = parseObject(text(entry, 'Detail') ?? '', 'Detail');
    const emission: Emission = {
      source: requiredText(entry, 'Source', 'ValidationException'),
      detailType: requiredText(entry, 'DetailType', 'ValidationException'),
      resources: texts(entry, 'Resources') ?? [],
      detail: () => detail,
    };
    return { EventId: emit(emission, time(entry, 'Time') ?? ground().now()) ?? ground().uuid() };
  };

  return {
    emit,
    api: {
      PutRule: (input) => ({ RuleArn: putRule(input).arn }),
      DeleteRule: (input) => {
        const rule = rules.get(text(input, 'Name') ?? '');
        if (rule !== undefined && rule.targets.size > 0) {
          throw new AwsApiError('ValidationException', "Rule can't be deleted since it has targets.");
        }
        rules.delete(text(input, 'Name') ?? '');
        return {};
      },
      PutTargets: (input) => {
        const rule = ruleOf(input, 'Rule');
        for (const json of objects(input, 'Targets') ?? []) {
          const id = requiredText(json, 'Id', 'ValidationException');
          rule.targets.set(id, { id, arn: requiredText(json, 'Arn', 'ValidationException'), json });
        }
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      RemoveTargets: (input) => {
        const rule = ruleOf(input, 'Rule');
        for (const id of texts(input, 'Ids') ?? []) rule.targets.delete(id);
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      ListRules: (input) => {
        const prefix = text(input, 'NamePrefix') ?? '';
        const all = [...rules.values()].filter((it) => it.name.startsWith(prefix));
        const badToken = (): AwsApiError => new AwsApiError('ValidationException', 'Invalid token.');
        const page = pageOf(all, number(input, 'Limit') ?? 100, text(input, 'NextToken'), badToken);
        return {
          Rules: page.items.map((it) => ({
            Name: it.name,
            Arn: it.arn,
            State: it.enabled ? 'ENABLED' : 'DISABLED',
            EventBusName: 'default',
            ...(it.pattern === undefined ? {} : { EventPattern: JSON.stringify(it.pattern) }),
            ...(it.schedule === undefined ? {} : { ScheduleExpression: it.schedule }),
          })),
          NextToken: page.nextToken,
        };
      },
      PutEvents: (input) => ({ FailedEntryCount: 0, Entries: (objects(input, 'Entries') ?? []).map(putEntry) }),
    },
  };
};
