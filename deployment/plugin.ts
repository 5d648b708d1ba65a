/**
 * Berth's own plugin of osls, named in `serverless.yml`. It bundles the functions before they are packaged, and lends
 * the configuration a variable source, `${berth:…}`, which turns the wiring into resources for the clusters named at
 * deployment.
 */
import type { Settings } from '../lib/model/settings.ts';
import { BuildError, bundleFunctions, settingsIn } from './bundle.ts';
import type { Value } from './cloudformation.ts';
import { clusterListOf } from './clusters.ts';
import { type Asked, asksNothing } from './permissions.ts';
import { askedBy } from './settings-file.ts';
import { variableAt } from './variables.ts';

/** What of osls is used here; it has no types for plugins. */
interface Osls {
  readonly serviceDir: string;
  /** Thrown, it is shown as its message alone, without a stack. */
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly processedInput: { readonly commands: readonly string[] };
}

interface Utilities {
  readonly log: { readonly notice: (message: string) => void; readonly warning: (message: string) => void };
}

interface VariableRequest {
  readonly address: string | null | undefined;
  readonly resolveVariable: (variable: string) => Promise<unknown>;
}

/** The commands that make a template, and so need clusters; `remove`, `info` and the like must not ask for any. */
const buildingCommands = ['deploy', 'package', 'print'];

export default class BerthPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly configurationVariablesSources: Readonly<Record<string, object>>;
  readonly #osls: Osls;
  readonly #utilities: Utilities;
  #clusters: readonly string[] = [];
  #settings: Settings | undefined;

  constructor(osls: Osls, _options: object, utilities: Utilities) {
    this.#osls = osls;
    this.#utilities = utilities;
    const bundle = (): Promise<void> => this.#bundle();
    this.hooks = {
      'before:package:cleanup': bundle, // first of all: where it fails, nothing else has been made,
      'before:deploy:function:packageFunction': bundle,
    };
    this.configurationVariablesSources = {
      berth: { resolve: async (request: VariableRequest) => ({ value: await this.#variable(request) }) },
    };
  }

  async #bundle(): Promise<void> {
    try {
      const { bundles, settings } = await bundleFunctions(this.#osls.serviceDir);
      const sizes = bundles.map(({ name, zippedBytes }) => `${name} ${Math.ceil(zippedBytes / 1024)} KB`);
      this.#utilities.log.notice(`Bundled: ${sizes.join(', ')}`);
      this.#warnOfStrangers(Object.keys(settings.clusters));
    } catch (error) {
      throw error instanceof BuildError ? this.#refusal(error.message) : error;
    }
  }

  /** One file may serve several deployments, so a cluster that is not named is no mistake; a misspelt one is. */
  #warnOfStrangers(inSettings: readonly string[]): void {
    const strangers = inSettings.filter((it) => !this.#clusters.includes(it));
    if (strangers.length === 0) return;
    const [these, those] = [strangers.join(', '), this.#clusters.join(', ')];
    this.#utilities.log.warning(`berth.yml has sections for ${these}; this deployment may only touch ${those}`);
  }

  async #variable({ address, resolveVariable }: VariableRequest): Promise<Value> {
    const parameter = async (name: string): Promise<string> => String(await resolveVariable(`param:${name}, ''`));
    const list = clusterListOf(await parameter('clusters'), (clusters) => this.#askedBy(clusters));
    // One variable refuses for all of them, or a person reads the same sentence twenty times.
    if (!list.ok && address === 'clusters' && this.#builds()) throw this.#refusal(list.problem);
    if (list.ok) this.#clusters = list.clusters;
    const value = variableAt(address ?? '', {
      clusters: this.#clusters,
      alarmTopicArn: await parameter('alarmTopicArn'),
      asked: this.#askedBy(this.#clusters),
    });
    if (value === undefined) throw this.#refusal(`there is no variable berth:${address ?? ''}`);
    return value;
  }

  /** A bad file asks for nothing here: bundling refuses it, and `remove` must not. */
  #askedBy(clusters: readonly string[]): Asked {
    try {
      this.#settings ??= settingsIn(this.#osls.serviceDir);
      return askedBy(this.#settings, clusters);
    } catch (error) {
      if (error instanceof BuildError) return asksNothing;
      throw error;
    }
  }

  #builds(): boolean {
    return buildingCommands.includes(this.#osls.processedInput.commands[0] ?? '');
  }

  #refusal(message: string): Error {
    return new this.#osls.classes.Error(message, 'BERTH_REFUSAL');
  }
}
