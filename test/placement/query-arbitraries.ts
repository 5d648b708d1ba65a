/** Random instances and well-formed expressions about them, in the part of the language that needs no reading between lines. */
import fc from 'fast-check';

export interface Sample {
  readonly agentConnected: boolean;
  readonly agentVersion: string;
  readonly ec2InstanceId: string;
  readonly registeredAt: number;
  readonly runningTasksCount: number;
  readonly taskGroups: readonly string[];
  /** An attribute that is undefined is not there. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

const types = ['m5.large', 'm5.xlarge', 'c5.large', 'g2.2xlarge'];
const zones = ['eu-west-1a', 'eu-west-1b'];
const stacks = ['prod', 'dev', 'data science'];
const groups = ['service:web', 'service:api', 'database', 'family:batch'];
const ids = ['i-1', 'i-2', 'i-3'];
const versions = ['1.9.0', '1.14.5', '1.98.0', '2.0.0'];
const day = 24 * 60 * 60_000;

export const samples: fc.Arbitrary<Sample> = fc.record({
  agentConnected: fc.boolean(),
  agentVersion: fc.constantFrom(...versions),
  ec2InstanceId: fc.constantFrom(...ids),
  // Midnights, where the dates of the expressions are, and a moment before and after them.
  registeredAt: fc
    .tuple(fc.nat(30), fc.oneof(fc.constantFrom(-1, 0, 1, 999, 1_000), fc.nat(day - 1)))
    .map(([n, ms]) => Date.UTC(2026, 2, n) + ms),
  runningTasksCount: fc.nat(12),
  taskGroups: fc.subarray(groups),
  attributes: fc.record({
    'ecs.instance-type': fc.constantFrom(...types),
    'ecs.availability-zone': fc.constantFrom(...zones),
    rack: fc.nat(12).map(String),
    stack: fc.option(fc.constantFrom(...stacks), { nil: undefined }),
    'ecs.capability.task-eni': fc.constantFrom('', undefined),
  }),
});

const quoted = (value: string): fc.Arbitrary<string> => fc.constantFrom(`'${value}'`, `"${value}"`);
const written = (value: string): fc.Arbitrary<string> =>
  value === '' || value.includes(' ') ? quoted(value) : fc.oneof(fc.constant(value), quoted(value));
const valueFrom = (values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values).chain(written);

const comparisonOf = (
  subject: fc.Arbitrary<string>,
  operator: fc.Arbitrary<string>,
  argument: fc.Arbitrary<string>,
): fc.Arbitrary<string> =>
  fc
    .tuple(subject, operator, argument, fc.constantFrom(' ', '  ', ''))
    .map(([name, word, value, space]) =>
      /^\w/.test(word) ? `${name} ${word} ${value}` : `${name}${space}${word}${space}${value}`,
    );

const listOf = (values: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(valueFrom(values), { minLength: 1, maxLength: 3 }), fc.constantFrom(',', ', ', ' , '))
    .map(([items, comma]) => `[${items.join(comma)}]`);

const patterns = fc.oneof(
  fc.constantFrom('m5.*', 'c5\\.large', '.*large', '.+x?large', '^m5.*$', 'prod', 'eu-west-1.', 'i-\\d', '.*'),
  fc.constantFrom(
    '(m5|c5).*',
    '[cm]5\\.x?large',
    '(?:m|[a-c])5[.]x?large',
    'eu-west-1[ab]',
    '[^)]*',
    'i-[])1-3]',
    '\\(?prod\\)?',
    '(p[r]o|de)[dv]',
  ),
  fc.constantFrom("'(m5|c5).*'", '"[cm]5\\.x?large"', "'data .*'", "'eu-west-1[ab]'", '"i-[12]"', "'service:.*'"),
);

const equality = fc.constantFrom('==', 'equals');
const inequality = fc.constantFrom('!=', 'not_equals');
const orders = fc.constantFrom(
  '>',
  '>=',
  '<',
  '<=',
  'greater_than',
  'greater_than_equal',
  'less_than',
  'less_than_equal',
);

/** What may be asked of a text. */
const textual = (subject: fc.Arbitrary<string>, values: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    comparisonOf(subject, fc.oneof(equality, inequality), valueFrom(values)),
    comparisonOf(subject, fc.constantFrom('in', '!in', 'not_in'), listOf(values)),
    comparisonOf(subject, fc.constantFrom('=~', 'matches', '!~', 'not_matches'), patterns),
  );

const quantity = (subject: string, values: readonly string[]): fc.Arbitrary<string> =>
  comparisonOf(fc.constant(subject), fc.oneof(equality, inequality, orders), valueFrom(values));

const counts = ['0', '2', '6', '9', '10', '11'];
const dates = ['2026-03-05', '2026-03-12', '2026-03-20T00:00:00Z', '2026-03-25T00:00:00', '2027-01-01'];
const attribute = (...names: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...names).map((name) => `attribute:${name}`);

const existence = fc
  .tuple(
    attribute('stack', 'rack', 'nobody', 'ecs.capability.task-eni'),
    fc.constantFrom('exists', '!exists', 'not_exists'),
  )
  .map(([subject, operator]) => `${subject} ${operator}`);

const comparison = fc.oneof(
  textual(attribute('ecs.instance-type', 'ecs.availability-zone'), [...types, ...zones]),
  textual(attribute('stack', 'nobody'), stacks),
  textual(fc.constant('task:group'), groups),
  textual(fc.constant('ec2InstanceId'), ids),
  textual(fc.constant('agentConnected'), ['true', 'false']),
  quantity('attribute:rack', counts),
  quantity('attribute:stack', ['dev', 'm', '10', '']),
  quantity('attribute:ecs.capability.task-eni', ['0', '-1', 'a']),
  quantity('runningTasksCount', counts),
  quantity('agentVersion', [...versions, '1.14', '1', '2.0.0']),
  quantity('registeredAt', dates),
  existence,
);

/** Compounds without the parentheses that their precedence would make needless, or with ones that nobody needs. */
export const expressions: fc.Arbitrary<string> = fc.letrec<{ readonly expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc
      .tuple(tie('expression'), fc.constantFrom(' and ', ' && ', ' or ', ' || '), tie('expression'))
      .map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom('not ', '!', '! '), tie('expression')).map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom('', 'not', '!'), tie('expression')).map(([word, it]) => `${word}(${it})`),
  ),
})).expression;
