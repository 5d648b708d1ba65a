import { readdirSync, readFileSync } from 'node:fs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { functionWiring, optionalFunctions } from '../../deployment/wiring.ts';
import type { Surroundings } from '../../lib/compose.ts';
import { authorizationOf, isOfKind } from '../support/iam/authorization.ts';
import type { AnyFunction } from '../support/iam/requests.ts';
import { exampleScenario } from '../support/scenarios.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import {
  eventfulRun,
  lostAgents,
  quietCluster,
  scaledService,
  stuckDrain,
  withoutUrgentEvents,
} from './eventful-course.ts';
import { type Audited, recordedRun } from './recorded.ts';

/** What nobody but the task itself is to see. */
const planted = { environment: 'marker-environment-7f3a', command: 'marker-command-91bc', tag: 'marker-tag-5d20' };

const said: string[] = [];
const answers: string[] = [];
let stored: readonly string[] = [];
const audited: Audited[] = [];

const listening = (name: AnyFunction): Surroundings['telemetry'] => {
  const line = (message: string, fields?: object): void => {
    said.push(JSON.stringify({ name, message, ...fields }));
  };
  return {
    begin: () => undefined,
    info: line,
    warn: line,
    error: line,
    count: (metric, value) => {
      line(metric, { value });
    },
    flush: () => undefined,
  };
};

const shipped = readdirSync('examples/scenarios').flatMap((it) => /^(.+)\.yml$/.exec(it)?.[1] ?? []);

/** In act mode, whatever the scenario says besides. */
const acting = (settings: unknown): object => {
  const own = typeof settings === 'object' && settings !== null ? settings : {};
  const defaults = 'defaults' in own && typeof own.defaults === 'object' ? own.defaults : {};
  return { ...own, defaults: { mode: 'act', ...defaults } };
};

/** Every seventh invocation is killed at its third call, after which another begins anew. */
const killing = () => {
  let invocations = 0;
  return { killAt: () => (++invocations % 7 === 0 ? 3 : undefined) };
};

/** Deployed only where mirrors are asked for, which no run here does. */
const notPlayed = ['mirror', 'keepMirrors'];

const minutesOfShipped = 6;

beforeAll(async () => {
  const eventful = eventfulRun(planted, (it) => answers.push(JSON.stringify(it)));
  audited.push(
    ...(await recordedRun({
      ...eventful,
      telemetry: listening,
      atEnd: async ({ aws }) => {
        const client = new DynamoDBClient(sdkOptions(aws.endpoint.url));
        const { Items = [] } = await client.send(new ScanCommand({ TableName: 'berth' }));
        stored = Items.map((it) => JSON.stringify(it));
        client.destroy();
      },
    })),
  );
  for (const run of [lostAgents, scaledService, quietCluster, stuckDrain, withoutUrgentEvents])
    audited.push(...(await recordedRun(run)));
  for (const name of shipped) {
    const scenario = exampleScenario(name);
    const settings = acting(scenario.settings);
    audited.push(...(await recordedRun({ scenario, settings, minutes: minutesOfShipped, kills: killing() })));
  }
}, 600_000);

const functionNames = (): readonly AnyFunction[] => [...new Set(audited.map((it) => it.functionName))].sort();

const of = (name: AnyFunction): readonly Audited[] => audited.filter((it) => it.functionName === name);

/** The clusters and families of the deployments go by one name. */
const unit = (action: string, resource: string): string =>
  `${action} ${resource.replace(/(:cluster\/|:task-definition\/)[\w-]+(?=$|:)/, '$1NAME').replace(/\/(?!\*)[\w-]+\/\*$/, '/NAME/*')}`;

/** Action by resource, where the action is one for that kind of resource: AWS asks for no other. */
const allowedTo = async (name: AnyFunction): Promise<ReadonlySet<string>> => {
  const units = new Set<string>();
  for (const { actions, resources } of of(name).flatMap((it) => it.statements))
    for (const action of actions) {
      const { kinds } = await authorizationOf(action);
      for (const resource of resources)
        if (resource === '*' || kinds.some(({ arn }) => isOfKind(resource, arn))) units.add(unit(action, resource));
    }
  return units;
};

const usedBy = (name: AnyFunction): ReadonlySet<string> =>
  new Set(
    of(name)
      .flatMap((it) => it.requests)
      .flatMap(({ grants }) => grants.map(({ action, resource }) => unit(action, resource))),
  );

const actionsIn = (units: ReadonlySet<string>): number => new Set([...units].map((it) => it.split(' ')[0])).size;

describe('the permissions of the functions', () => {
  it('are those of all functions', () => {
    const others = Object.keys(optionalFunctions).filter((it) => !notPlayed.includes(it));

    expect(functionNames()).toEqual([...Object.keys(functionWiring), ...others].sort());
  });

  it('allow every call that a function makes, with what it names', () => {
    const denied = audited.flatMap(({ functionName, requests }) =>
      requests
        .filter(({ grants }) => grants.length === 0)
        .map(({ request: { action, resource } }) => `${functionName}: ${unit(action, resource)}`),
    );

    expect(audited.flatMap((it) => it.requests).length).toBeGreaterThan(3_000);
    expect([...new Set(denied)]).toEqual([]);
  });

  it('allow nothing that no run has used', async () => {
    const unused: string[] = [];
    for (const name of functionNames()) {
      const used = usedBy(name);
      unused.push(...[...(await allowedTo(name))].filter((it) => !used.has(it)).map((it) => `${name}: ${it}`));
    }

    expect(unused).toEqual([]);
  });

  it('are as many as docs/safety.md says', async () => {
    const page = readFileSync('docs/safety.md', 'utf8');
    const lines: string[] = [];
    for (const name of functionNames())
      lines.push(`| \`${name}\` | ${actionsIn(usedBy(name))} | ${actionsIn(await allowedTo(name))} |`);

    expect(lines.filter((it) => !page.includes(it))).toEqual([]);
  });
});

describe('what only the tasks are to see', () => {
  const found = (texts: readonly string[]): readonly string[] =>
    texts.filter((text) => Object.values(planted).some((it) => text.includes(it)));

  it('is in no line of a log and in no metric', () => {
    expect(said.length).toBeGreaterThan(100);
    expect(found(said)).toEqual([]);
  });

  it('is in no answer of the function for people', () => {
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.some((it) => it.includes('"queued":[{'))).toBe(true);
    expect(found(answers)).toEqual([]);
  });

  it('is in no item of the table once its task is run or given up', () => {
    expect(stored.length).toBeGreaterThan(5);
    expect(found(stored)).toEqual([]);
  });
});
