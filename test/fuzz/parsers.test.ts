import { describe, expect, it } from '@jest/globals';
import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { atLeastOne, duration, portNumber, positive, whole } from '../../cli/arguments.ts';
import { readSettings } from '../../deployment/settings-file.ts';
import { parseDecisionMessage } from '../../lib/events/decision-message.ts';
import { parseBody } from '../../lib/events/parse.ts';
import { parseTaskMessage } from '../../lib/events/task-message.ts';
import { RequestError, requestFrom } from '../../lib/flows/by-hand/request.ts';
import { parseQuery } from '../../lib/placement/query/parser.ts';
import { describeProblem } from '../../lib/placement/query/problem.ts';
import type { Request } from '../../simulator/endpoint/exchange.ts';
import { exchangeFor } from '../../simulator/endpoint/route.ts';
import { problemText } from '../../simulator/workloads/file/problem.ts';
import { parseSeries } from '../../simulator/workloads/file/series.ts';
import { parseTaskList } from '../../simulator/workloads/file/task-list.ts';
import { parseScenario } from '../../simulator/workloads/load-scenario.ts';
import { AwsApiError } from '../../simulator/world/api.ts';

/** A parser of what others write: undefined where it takes the text, else what it says is wrong. It never throws. */
type Reader = (text: string) => string | undefined;

const noFile = (path: string): string => {
  throw new Error(`no file ${path}`);
};

const unreadable = (it: { readonly kind: string; readonly problem?: string }): string | undefined =>
  it.kind === 'unreadable' ? it.problem : undefined;

const byHand: Reader = (text) => {
  try {
    requestFrom(JSON.parse(text));
    return undefined;
  } catch (error) {
    if (error instanceof RequestError || error instanceof SyntaxError) return error.message;
    throw error;
  }
};

/** As the endpoint reads it: its server answers an `AwsApiError`, whatever else is thrown would be a failure within. */
const overTheWire =
  (headers: Request['headers'], toBody: (text: string) => string): Reader =>
  (text) => {
    try {
      exchangeFor({ url: '/', headers, body: toBody(text) }, 'request-1').read();
      return undefined;
    } catch (error) {
      if (error instanceof AwsApiError) return error.message;
      throw error;
    }
  };

const asForm = (text: string): string =>
  new URLSearchParams({
    Action: 'DescribeAutoScalingGroups',
    Version: '2011-01-01',
    [text]: '1',
    [`Filters.member.${text.slice(0, 20)}.Name`]: 'x',
    MaxRecords: text,
  }).toString();

/** What an option of the command line is read by; commander prints the message and ends. */
const option: Reader = (text) => {
  const said: string[] = [];
  for (const read of [positive, whole, atLeastOne, portNumber, duration])
    try {
      expect(read(text)).toBeGreaterThanOrEqual(0);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      said.push(error.message);
    }
  return said.length === 0 ? undefined : said.join('\n');
};

const lines = (
  it:
    | { readonly ok: true }
    | { readonly ok: false; readonly problems: readonly { readonly line: number; readonly text: string }[] },
) => (it.ok ? undefined : it.problems.map((one) => `${one.line}: ${one.text}`).join('\n'));

const readers: Readonly<Record<string, Reader>> = {
  'berth.yml': (text) => {
    const read = readSettings(text, 'berth.yml');
    return read.ok ? undefined : read.problems.join('\n');
  },
  'a scenario': (text) => {
    const read = parseScenario(text, 'scenario.yml', noFile);
    return read.ok ? undefined : read.problems.map(problemText).join('\n');
  },
  'the cluster query language': (text) => {
    const read = parseQuery(text);
    return read.ok ? undefined : describeProblem(read.problem);
  },
  'an event': (text) => unreadable(parseBody(text)),
  'a decision message': (text) => unreadable(parseDecisionMessage(text, ['main'])),
  'a queued task': (text) => unreadable(parseTaskMessage(text)),
  'a request by hand': byHand,
  'a trace': (text) => lines(parseSeries(text, 60_000)),
  'a list of tasks': (text) => lines(parseTaskList(text)),
  'a call in JSON': overTheWire({ 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListTasks' }, (text) => text),
  'a call as a form': overTheWire({ 'content-type': 'application/x-www-form-urlencoded' }, asForm),
  'an option': option,
};

const names = Object.keys(readers);
const read = (name: string, text: string): string | undefined => readers[name]?.(text);

/** Names that are members of every object, and one that sets its prototype. */
const nasty = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf');
const words = fc.constantFrom(
  'defaults',
  'clusters',
  'mode',
  'act',
  'groups',
  'services',
  'name',
  'duration',
  '1d',
  'source',
  'detail-type',
  'detail',
  'aws.ecs',
  'ECS Task State Change',
  'AWS API Call via CloudTrail',
  'clusterArn',
  'cluster',
  'main',
  'generation',
  'reason',
  'action',
  'plan',
  'taskDefinition',
  'job:1',
  'overrides',
  'containerOverrides',
  'tags',
  'timestamp,value',
);
const numbers = fc.constantFrom(0, -1, 1e308, -1e308, 5e-324, 2 ** 53, 2 ** 31, 0.1, 1e21);
const leaf = fc.oneof(
  words,
  nasty,
  numbers,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.boolean(),
  fc.constant(null),
);
const { document } = fc.letrec<{ document: unknown; object: object; list: unknown[] }>((tie) => ({
  document: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('object'), tie('list')),
  object: fc.dictionary(fc.oneof(words, nasty, fc.string({ maxLength: 12 })), tie('document'), {
    maxKeys: 6,
    noNullPrototype: true,
  }),
  list: fc.array(tie('document'), { maxLength: 5 }),
}));

/** What a sender with time on his hands would write. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }).map((it) => it.toWellFormed()),
  document.map((it) => JSON.stringify(it)),
  document.map((it) => stringify(it)),
  fc
    .array(
      fc.oneof(
        words,
        nasty,
        fc.constantFrom(
          ' ',
          ':',
          '- ',
          '\n',
          '&a',
          '*a',
          '{',
          '}',
          '[',
          ']',
          '"',
          "'",
          ',',
          '==',
          '!',
          '(',
          ')',
          'attribute:x',
          '=~',
          'in',
          '\0',
          '\ufeff',
        ),
      ),
      { maxLength: 60 },
    )
    .map((it) => it.join('')),
);

const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

/** Inputs that are cheap to write, and dear to those who read them the obvious way. */
const large: Readonly<Record<string, string>> = {
  'fifty thousand brackets': nested('[', ']', 50_000),
  'as many objects in each other': `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  'as many parentheses': nested('(', ')', 50_000),
  'a query of as many negations': `${'!'.repeat(50_000)}(attribute:a == b)`,
  'lists of lists in YAML': '- '.repeat(5_000),
  'a flow of mappings in YAML': nested('{a: ', '}', 2_000),
  'a billion laughs': [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 9 }, (_, n) => {
      const [name, before] = [String.fromCharCode(98 + n), String.fromCharCode(97 + n)];
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
    }),
  ].join('\n'),
  'a long word': 'a'.repeat(1_000_000),
  'a long number': '9'.repeat(100_000),
  'a long line of commas': ','.repeat(200_000),
  'an open quote': `"${'a'.repeat(500_000)}`,
  'a pattern that backtracks': `attribute:a =~ ${'(a+)+'.repeat(50)}$`,
  'a trace of a long value': `timestamp,value\n2026-01-01 00:00,${'9'.repeat(100_000)}\n`,
  'a trace of one far year': 'timestamp,value\n9007199254740993,1\n1e300,1\n',
};

describe.each(names)('%s', (name) => {
  it('of any text is taken, or refused with a reason; nothing throws, and no prototype is changed', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const problem = read(name, text);

        expect(problem === undefined || problem.trim() !== '').toBe(true);
      }),
      { numRuns: 300, seed: 20_261_124 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Readonly<Record<string, unknown>>)['mode']).toBeUndefined();
  });

  it.each(Object.keys(large))('of %s is answered in few words', (what) => {
    const problem = read(name, large[what] ?? '');

    expect(problem).not.toBe('');
    expect((problem ?? '').length).toBeLessThan(5_000);
  });
});
