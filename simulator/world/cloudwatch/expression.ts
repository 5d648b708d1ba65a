/** A metric math expression as it is written (CloudWatch user guide, metric math syntax). */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** The id of another query, or a word such as REPEAT. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'negative'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

export type Operator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'AND' | 'OR';

/** Why a text is no expression. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

const token =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z]\w*)|"([^"]*)"|'([^']*)'|(&&|\|\||[=!<>]=|[-+*/^<>()[\],]))/y;

type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'word' | 'text' | 'sign'; readonly value: string };

const aliases: ReadonlyMap<string, string> = new Map([
  ['&&', 'AND'],
  ['||', 'OR'],
]);

const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (found === null) throw new ExpressionError(`Unexpected character at ${at + 1}`);
    const [, digits, word, double, single, sign] = found;
    if (digits !== undefined) tokens.push({ kind: 'number', value: Number(digits) });
    else if (word !== undefined) tokens.push({ kind: word === 'AND' || word === 'OR' ? 'sign' : 'word', value: word });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: aliases.get(sign) ?? sign });
    else tokens.push({ kind: 'text', value: double ?? single ?? '' });
  }
  return tokens;
};

/** The operators that bind alike, the loosest first; all of them to the left. */
const levels: readonly (readonly Operator[])[] = [
  ['OR'],
  ['AND'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/'],
  ['^'],
];

/** Deeper than anybody writes; keeps a hostile expression from nesting without end. */
const deepest = 100;

/** Reads an expression; throws an `ExpressionError` where it is none. */
export const parseExpression = (text: string): Expression => {
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;

  const sign = (): string | undefined => {
    const next = tokens[at];
    return next?.kind === 'sign' ? next.value : undefined;
  };
  const takes = (value: string): boolean => {
    if (sign() !== value) return false;
    at++;
    return true;
  };
  const expect = (value: string): void => {
    if (!takes(value)) throw new ExpressionError(`${value} expected`);
  };

  const listUpTo = (close: string): readonly Expression[] => {
    const items: Expression[] = [];
    if (takes(close)) return items;
    do items.push(deeper(() => binary(0)));
    while (takes(','));
    expect(close);
    return items;
  };

  const deeper = (read: () => Expression): Expression => {
    if (++depth > deepest) throw new ExpressionError('Nested too deeply');
    const inner = read();
    depth--;
    return inner;
  };

  const primary = (): Expression => {
    const next = tokens[at++];
    if (next === undefined) throw new ExpressionError('Unexpected end');
    if (next.kind === 'number') return { kind: 'number', value: next.value };
    if (next.kind === 'text') return { kind: 'text', value: next.value };
    if (next.kind === 'word') {
      if (takes('(')) return { kind: 'call', name: next.value, args: listUpTo(')') };
      return { kind: 'name', name: next.value };
    }
    if (next.value === '-') return { kind: 'negative', of: deeper(primary) };
    if (next.value === '[') return { kind: 'list', items: listUpTo(']') };
    if (next.value !== '(') throw new ExpressionError(`Unexpected ${next.value}`);
    const inner = deeper(() => binary(0));
    expect(')');
    return inner;
  };

  const binary = (level: number): Expression => {
    const operators = levels[level];
    if (operators === undefined) return primary();
    let left = binary(level + 1);
    for (let operator = operators.find((it) => it === sign()); operator !== undefined; ) {
      at++;
      left = { kind: 'binary', operator, left, right: binary(level + 1) };
      operator = operators.find((it) => it === sign());
    }
    return left;
  };

  const whole = binary(0);
  if (at < tokens.length) throw new ExpressionError(`Unexpected ${String(tokens[at]?.value)}`);
  return whole;
};
