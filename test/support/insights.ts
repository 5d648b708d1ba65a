/** As much of the language of CloudWatch Logs Insights as the saved queries use. Anything else is an error. */
export type InsightsLine = Readonly<Record<string, string | number | boolean>>;

/**
 * A line's fields as they are discovered: members by their path, lists by index, and no more than 200 of one line
 * (Amazon CloudWatch Logs user guide, "Fields in JSON logs").
 */
export const fieldsOf = (line: string, at: number): InsightsLine => {
  const fields: Record<string, string | number | boolean> = {};
  const walk = (value: unknown, path: string): void => {
    if (Object.keys(fields).length >= 200 || value === null || value === undefined) return;
    if (typeof value === 'object')
      for (const [key, it] of Object.entries(value)) walk(it, path === '' ? key : `${path}.${key}`);
    else fields[path] = value as string | number | boolean;
  };
  walk(JSON.parse(line), '');
  return { ...fields, '@message': line, '@timestamp': at };
};

const field = String.raw`[@A-Za-z][\w@.]*`;

const conditions: readonly (readonly [RegExp, (line: InsightsLine, ...found: readonly string[]) => boolean])[] = [
  [new RegExp(`^(${field}) = "([^"]*)"$`), (line, name = '', value) => line[name] === value],
  [new RegExp(`^(${field}) != "([^"]*)"$`), (line, name = '', value) => line[name] !== value],
  [new RegExp(`^(${field}) > (\\d+)$`), (line, name = '', value) => Number(line[name]) > Number(value)],
  [new RegExp(`^ispresent\\((${field})\\)$`), (line, name = '') => name in line],
  [
    new RegExp(`^(${field}) in (\\[.*\\])$`),
    (line, name = '', list = '[]') => (JSON.parse(list) as readonly unknown[]).includes(line[name]),
  ],
  [
    new RegExp(`^(${field}) like /(.*)/$`),
    (line, name = '', pattern = '') => new RegExp(pattern).test(String(line[name])),
  ],
];

const holds = (line: InsightsLine, condition: string): boolean => {
  for (const [pattern, judge] of conditions) {
    const found = pattern.exec(condition);
    if (found !== null) return judge(line, ...found.slice(1));
  }
  throw new Error(`not a condition that is known here: ${condition}`);
};

export interface Answer {
  readonly lines: readonly InsightsLine[];
  /** Every field that the query names, and has not made itself. */
  readonly named: readonly string[];
}

/** Plays the filters and extractions of a query, and collects the fields that the rest of it names. */
export const asked = (query: string, lines: readonly InsightsLine[]): Answer => {
  let left = lines;
  const made = new Set<string>();
  const named = new Set<string>();
  const name = (text: string): void => {
    const plain = text.replaceAll(/"[^"]*"|\/.*\//g, '').replaceAll(/\b(?:as) (\w+)/g, (_, alias: string) => {
      made.add(alias);
      return '';
    });
    const words = plain.replaceAll(/\b(?:and|by|desc|asc|in|like|bin\(\w+\))(?=\s|$)/g, '').replaceAll(/\b\w+\(/g, '(');
    for (const [it] of words.matchAll(new RegExp(`(?<![\\w.])${field}`, 'g'))) if (!made.has(it)) named.add(it);
  };
  for (const command of query.split('\n| ')) {
    const [, verb = '', rest = ''] = /^(\w+) ([\s\S]*)$/.exec(command) ?? [];
    if (verb === 'filter') {
      name(rest);
      left = left.filter((line) => rest.split(' and ').every((it) => holds(line, it)));
    } else if (verb === 'parse') {
      const [, from = '', pattern = ''] = /^(\S+) \/(.*)\/$/.exec(rest) ?? [];
      named.add(from);
      for (const [, it = ''] of pattern.matchAll(/\(\?<(\w+)>/g)) made.add(it);
      left = left.map((line) => ({ ...line, ...new RegExp(pattern).exec(String(line[from]))?.groups }));
    } else if (verb === 'fields' || verb === 'stats' || verb === 'sort') name(rest);
    else if (verb !== 'limit') throw new Error(`not a command that is known here: ${command}`);
  }
  return { lines: left, named: [...named].filter((it) => !made.has(it)) };
};
