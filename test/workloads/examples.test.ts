import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseSettings } from '../../lib/settings/parse-settings.ts';
import { scenarioJsonSchema } from '../../simulator/workloads/file/json-schema.ts';
import { instanceTypes } from '../../simulator/world/ec2/instance-types.ts';
import { exampleScenario } from '../support/scenarios.ts';

const names = readdirSync('examples/scenarios')
  .filter((it) => it.endsWith('.yml'))
  .map((it) => it.replace('.yml', ''));

describe('scenario.schema.json', () => {
  it('is what `npm run schema` makes of the schema today', () => {
    expect(readFileSync('scenario.schema.json', 'utf8')).toBe(scenarioJsonSchema());
  });
});

describe('the shipped scenarios', () => {
  it.each(names)('%s is right, bears its file’s name, and names the schema for editors', (name) => {
    const scenario = exampleScenario(name);

    expect(scenario.name).toBe(name);
    expect(readFileSync(`examples/scenarios/${name}.yml`, 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/\.\.\/scenario\.schema\.json\n/,
    );
    expect(parseSettings(scenario.settings).ok).toBe(true);
  });

  it('never want more CPU than their groups may ever have', () => {
    for (const name of names) {
      const { groups, services } = exampleScenario(name);
      const most = groups.reduce(
        (sum, it) => sum + it.maxSize * (instanceTypes.get(it.types[0]?.instanceType ?? '')?.vcpus ?? 0) * 1_024,
        0,
      );
      const highest = services.reduce(
        (sum, it) => sum + Math.max(0, ...it.counts.map(({ count }) => count)) * it.size.cpuUnits,
        0,
      );
      expect([name, highest <= most]).toEqual([name, true]);
    }
  });

  it('the week has forty services, as the bench says', () => {
    expect(exampleScenario('week-200').services).toHaveLength(40);
  });
});
