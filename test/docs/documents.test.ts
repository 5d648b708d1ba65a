import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseDocument } from 'yaml';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { parseScenario } from '../../simulator/workloads/load-scenario.ts';
import { runBerth } from '../support/berth-command.ts';

const documents = [
  ...readdirSync('.').filter((it) => it.endsWith('.md')),
  ...readdirSync('docs')
    .filter((it) => it.endsWith('.md'))
    .map((it) => `docs/${it}`),
  'examples/cluster/README.md',
];

const textOf = new Map(documents.map((it) => [it, readFileSync(it, 'utf8')]));

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** As GitHub makes them. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Where prose names a file of the project: a path below one of its folders, or one at its root. */
const pathPattern =
  /^(?:lib|functions|deployment|simulator|cli|test|tools|bench|examples|docs)(?:\/[\w.{},-]+)+\/?$|^(?:serverless\.yml|berth\.yml|[\w.-]+\.schema\.json|package\.json|CHANGELOG\.md|ARCHITECTURE\.md)$/;

/** A path as it is written, with or without its ending; tests are named without. */
const exists = (path: string): boolean => {
  if (existsSync(path)) return true;
  const [folder, name] = [dirname(path), path.slice(path.lastIndexOf('/') + 1)];
  return existsSync(folder) && readdirSync(folder).some((it) => it.startsWith(`${name}.`) || it.startsWith(`${name}-`));
};

describe.each(documents)('%s', (document) => {
  const text = textOf.get(document) ?? '';
  const prose = text.replaceAll(/```[\s\S]*?```/g, '');
  const code = [
    ...[...text.matchAll(/```[\s\S]*?```/g)].map(([it]) => it),
    ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, it = '']) => it),
  ];

  it('links to files and headings that there are', () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, it = '']) => it).filter((it) => !it.includes('://'));
    const broken = links.filter((it) => {
      const [path = '', anchor] = it.split('#');
      const target = path === '' ? document : normalize(join(dirname(document), path));
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(textOf.get(target) ?? readFileSync(target, 'utf8')).includes(anchor);
    });

    expect(broken).toEqual([]);
  });

  it('names files that there are', () => {
    const named = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, it = '']) => it).filter((it) => pathPattern.test(it));

    expect(named.filter((it) => !exists(it) && !exists(join(dirname(document), it)))).toEqual([]);
  });

  it('names npm scripts, tests and programs that there are', () => {
    const ran = code.flatMap((it) => [...it.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script));
    const tests = code.flatMap((it) => [...it.matchAll(/npm test -- (test\/[\w./-]+)/g)].map(([, path = '']) => path));
    const programs = code.flatMap((it) =>
      [...it.matchAll(/(?:^|\s)node ([\w./-]+\.(?:ts|mjs))/g)].map(([, path = '']) => path),
    );

    expect(ran.filter((it) => !(it in scripts))).toEqual([]);
    expect(tests.filter((it) => !exists(it))).toEqual([]);
    expect(programs.filter((it) => !existsSync(it))).toEqual([]);
  });

  it('plays scenarios that there are', () => {
    const played = [...text.matchAll(/(examples\/[\w./-]+\.(?:yml|py))/g)].map(([, it = '']) => it);

    expect(played.filter((it) => !existsSync(it))).toEqual([]);
  });
});

describe('commands of berth', () => {
  const isOption = /(?<![\w-])--[a-z][\w-]*/g;

  /** The documents' lines that run `berth`, by subcommand, with the options they give it. */
  const given = new Map<string, Set<string>>();
  for (const text of textOf.values())
    for (const [line, command = ''] of text
      .replaceAll(/\\\n\s*/g, ' ')
      .matchAll(/npx berth (capacity [a-z]+|[a-z][\w-]*)[^`\n#|]*/g)) {
      const options = given.get(command) ?? new Set<string>();
      for (const [it] of line.matchAll(isOption)) options.add(it);
      given.set(command, options);
    }

  it('are many', () => {
    expect(given.size).toBeGreaterThan(8);
  });

  it.each([...given])('%s is there, with each option that documents give it', async (command, options) => {
    const { code, stdout } = await runBerth(...command.split(' '), '--help');

    expect(code).toBe(0);
    expect([...options].filter((it) => !new RegExp(`${it}\\b`).test(stdout))).toEqual([]);
  });
});

describe('README.md', () => {
  it('has a scenario that can be played as it stands', () => {
    const [, text = ''] =
      /Save this as `mine\.yml`[\s\S]*?```yaml\n([\s\S]*?)```/.exec(textOf.get('README.md') ?? '') ?? [];

    expect(parseScenario(text, 'mine.yml', () => '')).toMatchObject({ ok: true, scenario: { name: 'mine' } });
  });
});

describe('docs/comparison.md', () => {
  const comparison = textOf.get('docs/comparison.md') ?? '';
  const scoreboard = textOf.get('docs/scoreboard.md') ?? '';
  const rows = [...comparison.matchAll(/^\| ([\w-]+) \| ([\d.,]+ \/ .*) \|$/gm)];

  /** The medians of a scenario's figure, Berth's and managed scaling's. */
  const medians = (scenario: string, figure: string): string => {
    const [, section = ''] = new RegExp(`\n## ${scenario}\n([\\s\\S]*?)(?=\n## |$)`).exec(scoreboard) ?? [];
    const cells =
      section
        .split('\n')
        .find((it) => it.startsWith(`| ${figure} |`))
        ?.split('|') ?? [];
    return cells
      .slice(2, 4)
      .map((it) =>
        it
          .replaceAll('**', '')
          .replace(/\(.*\)/, '')
          .trim(),
      )
      .join(' / ');
  };

  it('has the figures of the scoreboard, of each scenario there', () => {
    const scenarios = [...scoreboard.matchAll(/^## ([\w-]+)$/gm)].map(([, it]) => it);

    expect(rows.map(([, it]) => it)).toEqual(scenarios);
    for (const [, scenario = '', cells = ''] of rows)
      expect(cells.split(' | ')).toEqual(
        ['task wait p99, s', 'cost, $', 'backlog, task-h', 'tasks moved'].map((it) => medians(scenario, it)),
      );
  });
});

describe('berth.yml', () => {
  it('names its JSON Schema in its first line, for editors', () => {
    const [first = ''] = readFileSync('berth.yml', 'utf8').split('\n');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? [];

    expect(existsSync(schema)).toBe(true);
  });

  it('is read without a problem as it is shipped', () => {
    expect(parseSettings(parseDocument(readFileSync('berth.yml', 'utf8')).toJS())).toMatchObject({ ok: true });
  });
});
