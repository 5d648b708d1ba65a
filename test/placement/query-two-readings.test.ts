import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { factsOf } from '../../lib/placement/attributes.ts';
import { evaluate, type Fact, type Facts } from '../../lib/placement/query/evaluate.ts';
import { type ParsedQuery, parseQuery } from '../../lib/placement/query/parser.ts';
import { maximumLength } from '../../lib/placement/query/problem.ts';
import type { Place } from '../../simulator/world/ecs/fleet.ts';
import { compileQuery } from '../../simulator/world/ecs/query-language.ts';
import type { Pool } from '../../simulator/world/ecs/state.ts';
import { instance } from '../support/builders.ts';
import { expressions, type Sample, samples } from './query-arbitraries.ts';

const expressionOf = (text: string): Extract<ParsedQuery, { readonly ok: true }>['expression'] => {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${JSON.stringify(parsed.problem)}`);
  return parsed.expression;
};

const attributesOf = (sample: Sample): readonly (readonly [string, string])[] =>
  Object.entries(sample.attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));

const factsAbout = (sample: Sample): Facts =>
  factsOf(instance(1, { ...sample, attributes: Object.fromEntries(attributesOf(sample)) }), new Set(sample.taskGroups));

const pool: Pool = {
  cpuUnits: 0,
  memoryMiB: 0,
  tcpPortsInUse: new Set(),
  udpPortsInUse: new Set(),
  freeGpus: new Set(),
  networkInterfaces: 0,
};

/** The same instance as the simulated world has it. */
const inTheWorld = (sample: Sample): Place => ({
  arn: 'arn',
  ec2InstanceId: sample.ec2InstanceId,
  attributes: new Map(attributesOf(sample)),
  remaining: pool,
  registeredAt: sample.registeredAt,
  capacityProviderName: undefined,
  status: 'ACTIVE',
  agentConnected: sample.agentConnected,
  agentVersion: sample.agentVersion,
  tasksByGroup: new Map(sample.taskGroups.map((group) => [group, 1])),
  runningTasks: sample.runningTasksCount,
});

const wellFormed = expressions.filter((text) => text.length <= maximumLength);

describe('two readings of one expression', () => {
  it('the planner is certain of nothing but what the simulated ECS does', () => {
    const answers = { true: 0, false: 0, unknown: 0 };

    fc.assert(
      fc.property(wellFormed, samples, (text, sample) => {
        const answer = evaluate(expressionOf(text), factsAbout(sample));

        answers[`${answer}`] += 1;
        if (answer !== 'unknown') expect(answer).toBe(compileQuery(text)(inTheWorld(sample)));
      }),
      { numRuns: 10_000 },
    );

    expect(answers.true).toBeGreaterThan(2_000);
    expect(answers.false).toBeGreaterThan(2_000);
    expect(answers.unknown).toBeLessThan(1_000);
  });
});

/** One sample with some facts veiled: each attribute is certain, one of two, there with any value, or unknown. */
const veils = fc.array(fc.constantFrom('certain', 'oneOfTwo', 'anyValue', 'unknown'), { minLength: 6, maxLength: 6 });

const veiled = (facts: Facts, other: Facts, names: readonly string[], veil: readonly string[]): Facts => ({
  ...facts,
  attribute: (name): Fact => {
    const fact = facts.attribute(name);
    const second = other.attribute(name);
    switch (veil[names.indexOf(name)]) {
      case 'unknown':
        return { kind: 'unknown' };
      case 'anyValue':
        return fact.kind === 'present' ? { kind: 'present', values: undefined } : { kind: 'unknown' };
      case 'oneOfTwo':
        return fact.kind === 'present' && second.kind === 'present'
          ? { kind: 'present', values: [...(fact.values ?? []), ...(second.values ?? [])] }
          : { kind: 'unknown' };
      default:
        return fact;
    }
  },
  ...(veil[5] === 'unknown'
    ? { runningTasksCount: undefined, ec2InstanceId: undefined, registeredAt: undefined, agentVersion: undefined }
    : {}),
});

describe('an expression about what is known in part', () => {
  it('has no certain answer that the missing facts could prove wrong', () => {
    let certain = 0;

    fc.assert(
      fc.property(wellFormed, samples, samples, veils, (text, sample, other, veil) => {
        const facts = factsAbout(sample);
        const expression = expressionOf(text);
        const names = Object.keys(sample.attributes);
        const answer = evaluate(expression, veiled(facts, factsAbout(other), names, veil));

        if (answer === 'unknown') return;
        certain += 1;
        const inFull = evaluate(expression, facts);
        if (inFull !== 'unknown') expect(answer).toBe(inFull);
      }),
      { numRuns: 5_000 },
    );

    expect(certain).toBeGreaterThan(1_000);
  });
});
