import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { readSettings } from '../deployment/settings-file.ts';
import { accessProblemOf, composeAccount, composeDeployment, type Deployment, type Place } from '../lib/compose-cli.ts';
import type { CapacityRunDependencies } from '../lib/flows/by-hand/dependencies.ts';
import type { ExplainDependencies } from '../lib/flows/reading/explain.ts';
import { noStore } from '../lib/flows/reading/no-store.ts';
import type { SupposeDependencies } from '../lib/flows/reading/suppose.ts';
import type { ClusterSettings, Settings } from '../lib/model/settings.ts';
import { parseSettings } from '../lib/settings/parse-settings.ts';
import { type AccountOptions, accountCommand, clientOptionsOf } from './account.ts';
import { countCalls } from './calls.ts';
import { UsageError } from './failure.ts';

/** Which cluster is meant, and which deployment of Berth looks after it. */
export interface ClusterOptions extends AccountOptions {
  readonly cluster: string;
  readonly settings?: string;
  readonly stage?: string;
  readonly table?: string;
  readonly decideQueueUrl?: string;
}

/** A command about a cluster. */
export const clusterCommand = (name: string, description: string, examples: readonly string[]): Command =>
  accountCommand(name, description, examples)
    .requiredOption('--cluster <name>', 'ECS cluster')
    .optionsGroup('Deployment of Berth:')
    .option('--stage <stage>', 'its stage, as it was deployed with; "dev" unless given')
    .option('--table <name>', "its table, where the stage does not find it (the stack's resource Table)")
    .option('--decide-queue-url <url>', 'with --table: the queue by which decisions are asked for')
    .option('--settings <file>', 'a berth.yml to be used in place of its settings')
    .optionsGroup('Options:');

export interface Context {
  readonly cluster: string;
  readonly place: Place;
  readonly settings: ClusterSettings;
  /** Whose settings they are, for people. */
  readonly settingsFrom: string;
  /** The table that is read; undefined where there is no deployment. */
  readonly table: string | undefined;
  /** What people should know of how this came about. */
  readonly notes: readonly string[];
  readonly reading: ExplainDependencies & SupposeDependencies;
  readonly calls: () => number;
  readonly endProgress: () => void;
}

/** A context whose deployment is known, so that something can be written. */
export interface WritingContext extends Context {
  readonly byHand: CapacityRunDependencies;
}

type Account = ReturnType<typeof composeAccount>;

const defaultStage = 'dev';
const defaultFile = 'berth.yml';

const nameOf = (cluster: string): string => cluster.replace(/^arn:.*:cluster\//, '');

const inPlace = ({ region, accountId }: Place): string =>
  accountId === undefined ? `in ${region}` : `in ${region} of account ${accountId}`;

const mostNames = 10;

const refuseUnknown = async (account: Account, cluster: string, place: Place): Promise<void> => {
  const found = await account.findCluster(cluster);
  if (found.isActive) return;
  const { others } = found;
  const more = others.length > mostNames ? `, … (${others.length} in all)` : '';
  const names =
    others.length === 0 ? 'none is listed there' : `there are: ${others.slice(0, mostNames).join(', ')}${more}`;
  throw new UsageError(
    `there is no active cluster ${cluster} ${inPlace(place)}; ${names}; check --cluster, --region and --profile`,
  );
};

/** Of a profile without credentials the SDK does not say which one it was. */
const placeOf = async (account: Account, { profile }: ClusterOptions): Promise<Place> => {
  try {
    return await account.place();
  } catch (error) {
    if (profile === undefined || accessProblemOf(error)?.kind !== 'noCredentials') throw error;
    throw new UsageError(
      `profile ${profile} gives no credentials: check its name in the AWS configuration files, or sign in with "aws sso login --profile ${profile}"`,
    );
  }
};

interface Found {
  readonly deployment: Deployment | undefined;
  readonly notes: readonly string[];
}

const saidBy = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** By its stage; a stage that was asked for must be there, the default one need not. */
const findDeployment = async (account: Account, { stage, table }: ClusterOptions, place: Place): Promise<Found> => {
  if (table !== undefined) return { deployment: undefined, notes: [] };
  const wanted = stage ?? defaultStage;
  try {
    const deployment = await account.deployments.find(wanted);
    if (deployment !== undefined) return { deployment, notes: [] };
    if (stage !== undefined)
      throw new UsageError(
        `there is no deployment of Berth with the stage ${stage} ${inPlace(place)}: check --stage, --region and --profile, or give --table`,
      );
    return { deployment, notes: [`no deployment of Berth was found ${inPlace(place)} (stage ${wanted})`] };
  } catch (error) {
    if (error instanceof UsageError || stage !== undefined) throw error;
    return { deployment: undefined, notes: [`whether Berth is deployed could not be asked (${saidBy(error)})`] };
  }
};

const settingsIn = (file: string): Settings => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the settings cannot be read: ${saidBy(error)}; check --settings`);
  }
  const read = readSettings(text, file);
  if (read.ok) return read.settings;
  throw new UsageError(['the settings have mistakes', ...read.problems].join('\n'));
};

const shippedSettings = (): Settings => {
  const parsed = parseSettings({});
  if (!parsed.ok) throw new Error(`the shipped defaults are wrong: ${JSON.stringify(parsed.problems)}`);
  return parsed.settings;
};

interface Chosen {
  readonly settings: Settings;
  readonly from: string;
  readonly notes: readonly string[];
}

const isAnswer = (it: unknown): it is { readonly settings: Partial<ClusterSettings> } =>
  typeof it === 'object' && it !== null && 'settings' in it && typeof it.settings === 'object' && it.settings !== null;

/** Those of the deployment are over the shipped ones: it may be of a version that had fewer. */
const deployedSettings = async (
  { deployments }: Account,
  deployment: Deployment,
  cluster: string,
): Promise<Settings | undefined> => {
  const answer = await deployments.invoke(deployment, { action: 'settings', cluster });
  if (!isAnswer(answer)) return undefined;
  const { defaults } = shippedSettings();
  return { defaults: { ...defaults, ...answer.settings }, clusters: {} };
};

const fileAtHand = (): Chosen => {
  try {
    readFileSync(defaultFile);
  } catch {
    return { settings: shippedSettings(), from: 'the shipped defaults', notes: [] };
  }
  return { settings: settingsIn(defaultFile), from: defaultFile, notes: [] };
};

const chooseSettings = async (
  account: Account,
  { settings: file }: ClusterOptions,
  deployment: Deployment | undefined,
  cluster: string,
): Promise<Chosen> => {
  if (file !== undefined) return { settings: settingsIn(file), from: file, notes: [] };
  if (deployment === undefined) return fileAtHand();
  try {
    const settings = await deployedSettings(account, deployment, cluster);
    if (settings !== undefined) return { settings, from: `those of ${deployment.functionName}`, notes: [] };
  } catch (error) {
    const at = fileAtHand();
    return {
      ...at,
      notes: [`the settings of the deployment could not be read (${saidBy(error)}): ${at.from} instead`],
    };
  }
  return fileAtHand();
};

const telemetry = {
  info: () => undefined,
  warn: () => undefined,
  error: (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    console.error(`berth: ${message}: ${String(fields['error'])}`);
  },
  count: () => undefined,
};

const open = async (
  options: ClusterOptions,
): Promise<Context & { readonly byHand: CapacityRunDependencies | undefined }> => {
  const cluster = nameOf(options.cluster);
  const calls = countCalls();
  const clients = { ...clientOptionsOf(options), instrument: calls.watch };
  const account = composeAccount(clients);
  const place = await placeOf(account, options);
  await refuseUnknown(account, cluster, place);
  const { deployment, notes } = await findDeployment(account, options, place);
  const chosen = await chooseSettings(account, options, deployment, cluster);
  const table = options.table ?? deployment?.table;
  const deployed =
    table === undefined
      ? undefined
      : composeDeployment(clients, table, options.decideQueueUrl ?? deployment?.decideQueueUrl);
  const base = { read: account.read, clock: account.clock, settings: chosen.settings };
  return {
    cluster,
    place,
    settings: chosen.settings.clusters[cluster] ?? chosen.settings.defaults,
    settingsFrom: chosen.from,
    table,
    notes: [...notes, ...chosen.notes],
    reading: {
      ...base,
      store: deployed?.store ?? noStore,
      history: deployed?.history ?? noStore,
      shapes: account.shapes,
    },
    byHand: deployed && {
      ...base,
      store: deployed.store,
      decisions: deployed.decisions,
      telemetry,
      clusters: deployment?.clusters ?? [cluster],
    },
    calls: calls.count,
    endProgress: calls.end,
  };
};

/** @throws UsageError, and what the SDK throws where AWS refuses or cannot be reached */
export const openCluster = (options: ClusterOptions): Promise<Context> => open(options);

/** For commands that write to the deployment, or read what only it knows. */
export const openDeployment = async (options: ClusterOptions): Promise<WritingContext> => {
  const { byHand, ...context } = await open(options);
  if (byHand === undefined)
    throw new UsageError(
      `${context.notes.join('; ')}: this command needs a deployment; give its --stage, or its --table and --decide-queue-url`,
    );
  return { ...context, byHand };
};
