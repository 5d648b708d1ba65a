/** A piece of an expression, from character `at` up to but not including `end`. */
export interface Token {
  readonly kind: 'symbol' | 'word' | 'quoted' | 'end' | 'stray';
  /** Without its quotes, where it had any. */
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

const space = /\s*/y;
const symbol = /&&|\|\||==|!=|=~|!~|>=|<=|[()[\],!<>]/y;
const word = /[^\s()[\],&|=!<>~'"]+/y;
const quoted = /'[^']*'|"[^"]*"/y;

const lengthAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
};

const startOf = (text: string, from: number): number => from + lengthAt(space, text, from);

const token = (kind: Token['kind'], text: string, at: number, length: number): Token => ({
  kind,
  text: text.slice(at, at + length),
  at,
  end: at + length,
});

const quotedAt = (text: string, at: number): Token | undefined => {
  const length = lengthAt(quoted, text, at);
  return length === 0 ? undefined : { kind: 'quoted', text: text.slice(at + 1, at + length - 1), at, end: at + length };
};

/** The next token. What begins none, an open quote for instance, is a `stray` character. */
export const tokenAt = (text: string, from: number): Token => {
  const at = startOf(text, from);
  if (at >= text.length) return token('end', text, at, 0);
  const symbolLength = lengthAt(symbol, text, at);
  if (symbolLength > 0) return token('symbol', text, at, symbolLength);
  const wordLength = lengthAt(word, text, at);
  if (wordLength > 0) return token('word', text, at, wordLength);
  return quotedAt(text, at) ?? token('stray', text, at, 1);
};

/** The end of a bracket expression, whose first character may be `]` itself. */
const bracket = /\[\^?\]?(?:\\.|[^\]\\\s])*\]?/y;

const unquotedPatternEnd = (text: string, start: number): number => {
  let open = 0;
  let at = start;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    if (/^\s/.test(rest) || (open === 0 && (rest === '&&' || rest === '||'))) return at;
    if (rest.startsWith(')') && open === 0) return at;
    if (rest.startsWith('(')) open++;
    if (rest.startsWith(')')) open--;
    if (rest.startsWith('[')) at += lengthAt(bracket, text, at);
    else at += rest.startsWith('\\') && !/\s/.test(rest) ? rest.length : 1;
  }
  return at;
};

/**
 * The regular expression that begins here. Unquoted, it runs to the first space, to `&&` or `||`, or to the parenthesis
 * that closes a group of the expression around it; its own brackets and parentheses belong to it. AWS's guide allows a
 * single expression no parentheses, but `=~ (p[2,3]|g[3,4]|f[1]).*` is in production use.
 */
export const patternAt = (text: string, from: number): Token => {
  const at = startOf(text, from);
  if (at >= text.length) return token('end', text, at, 0);
  const whole = quotedAt(text, at);
  if (whole !== undefined) return whole;
  const end = unquotedPatternEnd(text, at);
  return end === at ? tokenAt(text, at) : token('word', text, at, end - at);
};
