import type { Statement } from '../../../deployment/permissions.ts';

/** What IAM is asked for one resource of one call. */
export interface IamRequest {
  /** `ecs:StopTask`. */
  readonly action: string;
  /** An ARN, or `*` where AWS asks for no resource in particular. */
  readonly resource: string;
  /** Condition keys that AWS gives with it; one that is absent is not given. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

const escaped = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');

/** `*` and `?` as IAM has them (IAM user guide, policy elements). */
const likes = (pattern: string, value: string, flags = ''): boolean =>
  new RegExp(`^${escaped(pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`).test(value);

type Operator = (wanted: readonly string[], given: readonly string[] | undefined) => boolean;

/** ARNs are matched part by part: a wildcard does not reach over a colon of the first five. */
const arnLikes = (pattern: string, value: string): boolean => {
  const parts = (arn: string): readonly string[] => {
    const all = arn.split(':');
    return [...all.slice(0, 5), all.slice(5).join(':')];
  };
  const [wanted, given] = [parts(pattern), parts(value)];
  return wanted.length === given.length && wanted.every((it, n) => likes(it, given[n] ?? ''));
};

/** Those that Berth's statements use; a key that is absent fails all but ForAllValues (IAM user guide, condition operators). */
const operators: Readonly<Record<string, Operator>> = {
  StringEquals: (wanted, given) => given?.some((it) => wanted.includes(it)) ?? false,
  ArnEquals: (wanted, given) => given?.some((it) => wanted.some((one) => arnLikes(one, it))) ?? false,
  'ForAllValues:StringEquals': (wanted, given) => given?.every((it) => wanted.includes(it)) ?? true,
};

const meets = ({ condition = {} }: Statement, { context }: IamRequest): boolean =>
  Object.entries(condition).every(([name, keys]) => {
    const operator = operators[name];
    if (operator === undefined) throw new Error(`the evaluator knows no condition operator ${name}`);
    return Object.entries(keys).every(([key, wanted]) => operator(wanted, context[key]));
  });

/** A statement's action and resource by which a request is allowed. */
export interface Grant {
  readonly statement: Statement;
  readonly action: string;
  readonly resource: string;
}

/** What allows a request; none: it is denied, for all statements are Allow. */
export const grantsOf = (statements: readonly Statement[], request: IamRequest): readonly Grant[] =>
  statements
    .filter((it) => meets(it, request))
    .flatMap((statement) =>
      statement.actions
        .filter((action) => likes(action, request.action, 'i'))
        .flatMap((action) =>
          statement.resources
            .filter((it) => likes(it, request.resource))
            .map((resource) => ({ statement, action, resource })),
        ),
    );
