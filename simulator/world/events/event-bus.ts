import type { Dice } from '../../kernel/dice.ts';
import { type Api, AwsApiError, type Json, type JsonObject } from '../api.ts';
import type { Emission, Ground } from '../ground.ts';
import { isObject, number, objects, pageOf, requiredText, text, texts, time } from '../json.ts';
import { createDispatch, type Deliveries } from './delivery.ts';
import { matchesField, matchesPattern } from './pattern.ts';
import { invalid, type Rule, type Target, targetOf, targetsPerRule } from './rule.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

export interface EventBus {
  readonly api: Api;
  readonly emit: (emission: Emission) => void;
  /** Of the sources that are best effort, this share is lost from now on, if it is more than otherwise. Returns how to end it. */
  readonly setLoss: (share: number) => () => void;
}

/** EventBridge user guide, events from AWS services: these are delivered on a best-effort basis, ECS's at least once. */
const bestEffortSources: ReadonlySet<string> = new Set(['aws.ec2', 'aws.autoscaling']);

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

const ruleJson = (it: Rule): JsonObject => ({
  Name: it.name,
  Arn: it.arn,
  State: it.enabled ? 'ENABLED' : 'DISABLED',
  EventBusName: 'default',
  ...(it.pattern === undefined ? {} : { EventPattern: JSON.stringify(it.pattern) }),
  ...(it.schedule === undefined ? {} : { ScheduleExpression: it.schedule }),
});

export const createEventBus = (ground: () => Ground, dice: Dice, deliveries: Deliveries): EventBus => {
  const rules = new Map<string, Rule>();
  const losses = new Set<{ readonly share: number }>();
  const dispatch = createDispatch(ground, dice.fork('deliveries'), deliveries);
  /** The rules whose source and detail-type allow an event; forgotten whenever a rule changes. */
  const possible = new Map<string, readonly Rule[]>();

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
  const mayMatch = ({ pattern }: Rule, { source, detailType }: Emission): boolean =>
    pattern !== undefined &&
    (pattern['source'] === undefined || matchesField(pattern['source'], source)) &&
    (pattern['detail-type'] === undefined || matchesField(pattern['detail-type'], detailType));

  const possibleFor = (emission: Emission): readonly Rule[] => {
    const key = `${emission.source}\0${emission.detailType}`;
    const known = possible.get(key) ?? [...rules.values()].filter((rule) => mayMatch(rule, emission));
    possible.set(key, known);
    return known;
  };

  const isLost = (source: string): boolean => {
    if (!bestEffortSources.has(source)) return false;
    const share = Math.max(ground().constants.bestEffortLostShare, ...[...losses].map((it) => it.share));
    return share > 0 && dice.next() < share;
  };

  const emit = (emission: Emission, at = ground().now()): string | undefined => {
    const { log } = ground();
    const toAsk = possibleFor(emission);
    if (toAsk.length === 0 && !log.wants('event')) return undefined;
    const event = envelope(emission, at);
    log.write({ kind: 'event', at: ground().now(), event });
    if (isLost(emission.source)) return text(event, 'id');
    const whole = once(() => JSON.stringify(event));
    for (const rule of toAsk) {
      if (rule.enabled && rule.pattern !== undefined && matchesPattern(rule.pattern, event))
        dispatch(rule, event, whole);
    }
    return text(event, 'id');
  };

  /** Fires within the minute it is due: EventBridge promises that, not the second. */
  const tick = (rule: Rule, schedule: Schedule, due: number | undefined, lagMs: number): void => {
    if (due === undefined) return;
    ground().afterMs(due + lagMs - ground().now(), () => {
      if (rules.get(rule.name) !== rule) return;
      if (rule.enabled) {
        const scheduled = {
          source: 'aws.events',
          detailType: 'Scheduled Event',
          resources: [rule.arn],
          detail: () => ({}),
        };
        const event = envelope(scheduled, due + lagMs);
        dispatch(
          rule,
          event,
          once(() => JSON.stringify(event)),
        );
      }
      tick(rule, schedule, schedule.next(due), lagMs);
    });
  };

  const putRule = (input: JsonObject): Rule => {
    const name = requiredText(input, 'Name', 'ValidationException');
    const pattern = text(input, 'EventPattern');
    const expression = text(input, 'ScheduleExpression');
    if (pattern === undefined && expression === undefined)
      throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.');
    const schedule = expression === undefined ? undefined : scheduleOf(expression);
    const rule: Rule = {
      name,
      arn: ground().arn('events', `rule/${name}`),
      pattern: pattern === undefined ? undefined : parseObject(pattern, 'Event pattern'),
      schedule: expression,
      targets: rules.get(name)?.targets ?? new Map<string, Target>(),
      enabled: text(input, 'State') !== 'DISABLED',
    };
    rules.set(name, rule);
    possible.clear();
    if (schedule !== undefined)
      tick(rule, schedule, schedule.first(ground().now()), ground().draw({ low: 0, high: 30_000 }));
    return rule;
  };

  const ruleOf = (input: JsonObject, member: string): Rule => {
    const name = requiredText(input, member, 'ValidationException');
    const rule = rules.get(name);
    if (rule === undefined)
      throw new AwsApiError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  };

  const setEnabled = (input: JsonObject, enabled: boolean): JsonObject => {
    ruleOf(input, 'Name').enabled = enabled;
    return {};
  };

  const putTargets = (input: JsonObject): JsonObject => {
    const { targets } = ruleOf(input, 'Rule');
    const added = (objects(input, 'Targets') ?? []).map(targetOf);
    const ids = new Set([...targets.keys(), ...added.map((it) => it.id)]);
    if (ids.size > targetsPerRule)
      throw new AwsApiError('LimitExceededException', `The requested resource exceeds the maximum number allowed.`);
    for (const it of added) targets.set(it.id, it);
    return { FailedEntryCount: 0, FailedEntries: [] };
  };

  const deleteRule = (input: JsonObject): JsonObject => {
    const name = text(input, 'Name') ?? '';
    if ((rules.get(name)?.targets.size ?? 0) > 0) throw invalid("Rule can't be deleted since it has targets.");
    rules.delete(name);
    possible.clear();
    return {};
  };

  const listRules = (input: JsonObject): JsonObject => {
    const prefix = text(input, 'NamePrefix') ?? '';
    const all = [...rules.values()].filter((it) => it.name.startsWith(prefix));
    const page = pageOf(all, number(input, 'Limit') ?? 100, text(input, 'NextToken'), () => invalid('Invalid token.'));
    return { Rules: page.items.map(ruleJson), NextToken: page.nextToken };
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
    setLoss: (share) => {
      const loss = { share };
      losses.add(loss);
      return () => losses.delete(loss);
    },
    api: {
      PutRule: (input) => ({ RuleArn: putRule(input).arn }),
      DescribeRule: (input) => ruleJson(ruleOf(input, 'Name')),
      EnableRule: (input) => setEnabled(input, true),
      DisableRule: (input) => setEnabled(input, false),
      DeleteRule: deleteRule,
      ListRules: listRules,
      PutTargets: putTargets,
      ListTargetsByRule: (input) => ({ Targets: [...ruleOf(input, 'Rule').targets.values()].map((it) => it.json) }),
      RemoveTargets: (input) => {
        const rule = ruleOf(input, 'Rule');
        for (const id of texts(input, 'Ids') ?? []) rule.targets.delete(id);
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      PutEvents: (input) => ({ FailedEntryCount: 0, Entries: (objects(input, 'Entries') ?? []).map(putEntry) }),
    },
  };
};
