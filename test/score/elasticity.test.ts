import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Elasticity } from '../../simulator/score/elasticity.ts';
import { boundOf, groupOf, minute, scenarioOf, ToldWorld } from './told-world.ts';

const levels = (...points: readonly (readonly [number, number])[]) =>
  points.map(([minutes, instances]) => ({ atMs: minutes * minute, instances }));

/** The documentation's example: an hour in which demand rises to 4 at 20 minutes and supply follows 10 minutes later. */
const example = (): Elasticity => {
  const elasticity = new Elasticity(levels([0, 2], [20, 4], [40, 1]), 0);
  elasticity.set(0, 2);
  elasticity.set(30 * minute, 4);
  return elasticity;
};

describe('elasticity by SPEC-RG-2016-01', () => {
  it('gives the figures of the documentation', () => {
    const figures = example().figures(60 * minute);

    expect(figures.underAccuracy).toBeCloseTo((100 / 60) * 10 * (2 / 4), 9);
    expect(figures.overAccuracy).toBeCloseTo((100 / 60) * 20 * (3 / 1), 9);
    expect(figures.underTimeshare).toBeCloseTo((100 / 60) * 10, 9);
    expect(figures.overTimeshare).toBeCloseTo((100 / 60) * 20, 9);
    // Of eleven steps of five minutes three in which one moved alone: to 20, to 30 and to 40 minutes.
    expect(figures.instability).toBeCloseTo((100 * 3) / 11, 9);
  });

  it('needs whole instances for a demand in fractions', () => {
    const elasticity = new Elasticity(levels([0, 2.3]), 0);
    elasticity.set(0, 3);

    expect(elasticity.figures(60 * minute)).toMatchObject({ underAccuracy: 0, overAccuracy: 0 });
  });

  it('measures what is there for no demand against one instance', () => {
    const elasticity = new Elasticity(levels([0, 0]), 0);
    elasticity.set(0, 2);

    expect(elasticity.figures(60 * minute)).toMatchObject({ overAccuracy: 200, overTimeshare: 100 });
  });

  it('does not depend on how often it is settled', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 * minute })), (times) => {
        const elasticity = example();
        for (const at of times.filter((it) => it > 30 * minute).sort((a, b) => a - b)) elasticity.settle(at);

        expect(elasticity.figures(60 * minute)).toEqual(example().figures(60 * minute));
      }),
    );
  });

  it('is measured on ACTIVE instances of a run against its bound', () => {
    const it = new ToldWorld(scenarioOf(), { bounds: boundOf([0, 2]) }).boot('i-1', 'i-2', 'i-3').at(30).drain('i-3');
    const { elasticity } = it.at(45).terminate('i-2').at(60).read().score;

    expect(elasticity.overTimeshare).toBeCloseTo(50, 9);
    expect(elasticity.underTimeshare).toBeCloseTo(25, 9);
    expect(elasticity.underAccuracy).toBeCloseTo(12.5, 9);
  });

  it('counts an instance by its price where prices differ', () => {
    // The bound's two instances cost 0.5 dollars each for the hour, so one of 1 dollar is worth two of them.
    const groups = [groupOf(), groupOf({ name: 'small', types: [{ instanceType: 'm5.large', pricePerHour: 0.5 }] })];
    const it = new ToldWorld(scenarioOf({ groups }), { bounds: boundOf([0, 2]) }).boot('i-1');

    expect(it.at(60).read().score.elasticity).toMatchObject({ underAccuracy: 0, overAccuracy: 0 });
  });
});
