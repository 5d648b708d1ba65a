/** What things of a recording are called: their own names as far as a scenario takes them, or made-up ones. */
export interface Names {
  readonly cluster: string;
  readonly group: (name: string) => string;
  readonly service: (name: string) => string;
  readonly attribute: (name: string) => string;
  readonly value: (value: string) => string;
  /** An expression or a field with the names in it; undefined where something in it would tell a name. */
  readonly expression: (text: string) => string | undefined;
}

const longest = 100; // of a name in a scenario

/** Letters, digits, hyphens and underscores; two names stay two. */
const plainNames = (): ((name: string) => string) => {
  const given = new Map<string, string>();
  return (name) => {
    const before = given.get(name);
    if (before !== undefined) return before;
    const base = name.replaceAll(/[^\w-]/gu, '-').slice(0, longest);
    const taken = new Set(given.values());
    let plain = base;
    for (let n = 2; taken.has(plain); n++) plain = `${base.slice(0, longest - 6)}-${n}`;
    given.set(name, plain);
    return plain;
  };
};

const numberedNames = (kind: string): ((name: string) => string) => {
  const given = new Map<string, string>();
  return (name) => {
    const known = given.get(name) ?? `${kind}-${given.size + 1}`;
    given.set(name, known);
    return known;
  };
};

/** Zones of the region that is recorded, by those that the simulator has in their place. */
export type Zones = ReadonlyMap<string, string>;

const withZones = (text: string, zones: Zones): string =>
  [...zones].reduce((all, [zone, its]) => all.replaceAll(zone, its), text);

export const ownNames = (cluster: string, zones: Zones): Names => {
  const same = (it: string): string => it;
  return {
    cluster: plainNames()(cluster),
    group: plainNames(),
    service: plainNames(),
    attribute: same,
    value: same,
    expression: (text) => withZones(text, zones),
  };
};

/** Words of the cluster query language, and attributes that ECS itself gives (ECS developer guide). */
const told =
  /^(and|or|not|in|not_in|exists|!exists|==|!=|>|>=|<|<=|equals|not_equals|greater_than|greater_than_equal|less_than|less_than_equal|agentVersion|agentConnected|registeredAt|ec2InstanceId|runningTasksCount|instanceId|host|cpu|memory|task:group|attribute:ecs\.[\w.-]+)$/i;

const word = /[^\s(),[\]&|]+/g;

/** Names by number; of an expression only what can be told without giving a name away. */
export const anonymousNames = (zones: Zones, instanceTypes: ReadonlySet<string>): Names => {
  const service = numberedNames('service');
  const attribute = numberedNames('attribute');
  const value = numberedNames('value');
  const translated = (it: string): string => {
    const [, attributeName] = /^attribute:(.+)$/.exec(it) ?? [];
    const [, serviceName] = /^service:(.+)$/.exec(it) ?? [];
    if (told.test(it) || instanceTypes.has(it) || [...zones.values()].includes(it) || /^[\d.]+$/.test(it)) return it;
    if (attributeName !== undefined) return `attribute:${attribute(attributeName)}`;
    if (serviceName !== undefined) return `service:${service(serviceName)}`;
    return value(it);
  };
  return {
    cluster: 'cluster',
    group: numberedNames('group'),
    service,
    attribute,
    value,
    // of a regular expression a made-up name would match other things than its own
    expression: (text) =>
      /[=!]~|matches/i.test(text) ? undefined : withZones(text, zones).replaceAll(word, translated),
  };
};
