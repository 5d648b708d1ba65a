import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { describe, expect, it } from '@jest/globals';

interface Entry {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Entry>>;
};

/** Ask no more than to be named. */
const allowed = [
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'Apache-2.0 AND MIT',
];

/** Of a package that the lockfile gives none for, its own word. */
const licenceOf = (path: string): string => {
  const known = packages[path]?.license;
  if (known !== undefined) return known;
  try {
    const own = JSON.parse(readFileSync(`${path}/package.json`, 'utf8')) as { readonly license?: unknown };
    return typeof own.license === 'string' ? own.license : JSON.stringify(own.license ?? 'none');
  } catch {
    return 'not installed here'; // for another platform
  }
};

/** The key under which `name`, wanted by the package at `where`, is found: the nearest node_modules upwards. */
const foundAt = (where: string, name: string): string | undefined => {
  for (let at = where; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const key = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (key in packages) return key;
    if (at === '') return undefined;
  }
};

const nameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Packages that the code of the functions and of the command imports, types aside: what their bundles are made of. */
const imported = (): readonly string[] => {
  const files = globSync(['functions/**/*.ts', 'lib/**/*.ts', 'cli/**/*.ts', 'simulator/**/*.ts', 'deployment/*.ts']);
  const specifiers = files.flatMap((file) =>
    [
      ...readFileSync(file, 'utf8').matchAll(
        /^(?:import|export|\}) (?!type )[^;]*?from '([^'.][^']*)'|import\('([^'.][^']*)'\)/gm,
      ),
    ].map((it) => it[1] ?? it[2] ?? ''),
  );
  return [...new Set(specifiers.filter((it) => !isBuiltin(it)).map(nameOf))].sort();
};

/** They, and what they need in turn. */
const bundled = (): ReadonlySet<string> => {
  const found = new Set<string>();
  const visit = (where: string, name: string): void => {
    const at = foundAt(where, name);
    if (at === undefined || found.has(at)) return;
    found.add(at);
    for (const next of Object.keys({ ...packages[at]?.dependencies })) visit(at, next);
  };
  for (const name of imported()) visit('', name);
  return found;
};

describe('licences', () => {
  it('of what the functions and the command are made of ask no more than to be named', () => {
    const paths = [...bundled()];

    expect(imported()).toEqual(
      expect.arrayContaining(['@aws-sdk/client-ecs', '@middy/core', 'commander', 'yaml', 'zod']),
    );
    expect(paths.length).toBeGreaterThan(40);
    expect(paths.filter((it) => !allowed.includes(licenceOf(it))).map((it) => `${it}: ${licenceOf(it)}`)).toEqual([]);
  });

  it('of what develops and tests it are none that reach over a network', () => {
    const all = Object.keys(packages).filter((it) => it !== '');

    expect(all.filter((it) => /AGPL|SSPL|BUSL|Elastic/i.test(licenceOf(it)))).toEqual([]);
  });
});
