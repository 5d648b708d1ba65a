import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import type { Settings } from '../lib/model/settings.ts';
import { readSettings } from './settings-file.ts';
import { type FunctionName, functionWiring, type OptionalFunctionName, optionalFunctions } from './wiring.ts';

/** What a person has to put right before there is anything to deploy; the message is all there is to say. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/** These start on every event, so their size is part of how soon Berth reacts. */
export const budgetedFunctions: readonly FunctionName[] = ['clusterEvents', 'urgentEvents', 'decide'];
export const budgetKb = 204;

export interface Bundle {
  readonly name: FunctionName | OptionalFunctionName;
  readonly folder: string;
  readonly zippedBytes: number;
}

export interface Built {
  readonly settings: Settings;
  readonly bundles: readonly Bundle[];
}

/** What a folder takes when zipped: each file deflated, and the two headers a zip has for it. */
export const zippedBytes = (folder: string): number =>
  readdirSync(folder)
    .map((file) => deflateRawSync(readFileSync(join(folder, file)), { level: 9 }).length + 76 + 2 * file.length)
    .reduce((sum, bytes) => sum + bytes, 22);

const wiring = { ...functionWiring, ...optionalFunctions };

const names = Object.keys(wiring) as (keyof typeof wiring)[];

/**
 * The settings of `berth.yml`; a bad file is refused with all its problems.
 * @throws BuildError
 */
export const settingsIn = (root: string): Settings => {
  const file = readSettings(readFileSync(join(root, 'berth.yml'), 'utf8'), 'berth.yml');
  if (file.ok) return file.settings;
  const count = file.problems.length === 1 ? 'one problem' : `${file.problems.length} problems`;
  throw new BuildError([`berth.yml has ${count}:`, ...file.problems].join('\n'));
};

/**
 * What the SDK would look for on other machines and a Lambda function never has: profiles in files, and a region from
 * EC2's instance metadata; and what no client of ours asks for: adaptive retries, other defaults than the SDK's own. By
 * file, as they stand alone in their package.
 */
const absentInLambda: readonly (readonly [file: RegExp, contents: string])[] = [
  [
    /shared-ini-file-loader[/\\]loadSharedConfigFiles\.js$/,
    `export const CONFIG_PREFIX_SEPARATOR = '.';
     export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  ],
  [
    /retry[/\\]util-retry[/\\]DefaultRateLimiter\.js$/,
    'export class DefaultRateLimiter { constructor() { throw new Error("adaptive retries are left out of the bundle"); } }',
  ],
  [
    /defaults-mode[/\\]resolveDefaultsModeConfig\.js$/,
    "export const resolveDefaultsModeConfig = () => async () => 'legacy';",
  ],
  [
    /regionConfig[/\\]getInstanceMetadataRegion\.js$/,
    'export const getInstanceMetadataRegion = async () => undefined;',
  ],
];

/** A replacement that meets no file any more is an error: the SDK has moved what was to be left out. */
const withoutOtherMachines = (): Plugin => ({
  name: 'without-other-machines',
  setup: (bundling) => {
    const met = new Set<RegExp>();
    for (const [filter, contents] of absentInLambda)
      bundling.onLoad({ filter }, () => {
        met.add(filter);
        return { contents };
      });
    bundling.onEnd(() => ({
      errors: absentInLambda
        .filter(([filter]) => !met.has(filter))
        .map(([filter]) => ({
          text: `nothing of the SDK is named ${filter.source} any more; see deployment/bundle.ts`,
        })),
    }));
  },
});

/** As the SDK names them: `const _eQN = "ec2QueryName";`. */
const namedStrings = (code: string): ReadonlyMap<string, string> =>
  new Map([...code.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm)].map(([, name = '', text = '']) => [name, text]));

/**
 * The SDK's descriptions of what an API takes and answers, with their keys written out. A key that is computed may have
 * an effect for all that esbuild knows, so that it would keep each description that has one: all of EC2's.
 */
const withPlainKeys: Plugin = {
  name: 'with-plain-keys',
  setup: (bundling) => {
    bundling.onLoad({ filter: /client-[\w-]+[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      const strings = namedStrings(code);
      return { contents: code.replace(/\[(_\w+)\]: /g, (key, name: string) => `${strings.get(name) ?? key}: `) };
    });
  },
};

const bundleInto = async (root: string, folder: string): Promise<void> => {
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => {
      const { file } = wiring[name];
      return { in: `functions/${file}.ts`, out: `${file}/index` };
    }),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK as ES modules, which shake down to half of its CommonJS; `node` alone would choose the latter.
    mainFields: ['module', 'main'],
    conditions: ['module'],
    // Lambda gives a function its credentials in the environment: profiles, SSO and web identity are never asked.
    alias: {
      '@aws-sdk/credential-provider-node': join(root, 'deployment/lambda-credentials.mjs'),
      '@aws-sdk/endpoint-cache': join(root, 'deployment/no-endpoint-cache.mjs'),
      '@smithy/core/event-streams': join(root, 'deployment/no-event-streams.mjs'),
      '@smithy/core/checksum': join(root, 'deployment/native-checksums.mjs'),
    },
    plugins: [withoutOtherMachines(), withPlainKeys],
    legalComments: 'none',
    logLevel: 'error',
    // Some dependencies are CommonJS and ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as berthRequire } from 'node:module'; const require = berthRequire(import.meta.url);",
    },
  });
};

/** Fails with the numbers where a function outgrew its budget. */
const checkBudget = (bundles: readonly Bundle[], limitKb: number): void => {
  const over = bundles.filter(
    ({ name, zippedBytes }) => budgetedFunctions.some((it) => it === name) && zippedBytes > limitKb * 1024,
  );
  if (over.length === 0) return;
  const lines = over.map(({ name, zippedBytes }) => `  ${name}: ${Math.ceil(zippedBytes / 1024)} KB zipped`);
  throw new BuildError([`these functions are over their budget of ${limitKb} KB zipped:`, ...lines].join('\n'));
};

/**
 * One bundle a function, each with the compiled settings beside it, in `dist`. A build that fails leaves `dist` as it
 * was: everything is made aside and moved in one go.
 * @throws BuildError
 */
export const bundleFunctions = async (root: string, limitKb = budgetKb): Promise<Built> => {
  const settings = settingsIn(root);
  const aside = join(root, `dist.${process.pid}`);
  try {
    mkdirSync(aside);
    await bundleInto(root, aside);
    const bundles = names.map((name): Bundle => {
      const { file } = wiring[name];
      writeFileSync(join(aside, file, 'settings.json'), JSON.stringify(settings));
      return { name, folder: join(root, 'dist', file), zippedBytes: zippedBytes(join(aside, file)) };
    });
    checkBudget(bundles, limitKb);
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    renameSync(aside, join(root, 'dist'));
    return { settings, bundles };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
};
