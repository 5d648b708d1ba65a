import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { CoveringProgram } from '../../simulator/baselines/bounds/covering-program.ts';
import { between, type Dice, seededDice } from '../../simulator/kernel/dice.ts';

const loadHighs = createRequire(import.meta.url)('highs') as typeof import('highs').default;

const numbers = (dice: Dice, count: number, low: number, high: number): readonly number[] =>
  Array.from({ length: count }, () => between(dice, low, high));

describe('CoveringProgram', () => {
  it('finds what HiGHS finds, demand after demand on the same program', async () => {
    const highs = await loadHighs();
    const dice = seededDice(11);
    const differences: number[] = [];

    for (let n = 0; n < 20; n++) {
      const offers = between(dice, 1, 5);
      const prices = numbers(dice, offers, 1, 9);
      const rows = Array.from({ length: between(dice, 1, 8) }, () => numbers(dice, offers, 0, 6)).filter((row) =>
        row.some((it) => it > 0),
      );
      const program = new CoveringProgram(prices, rows);
      for (let again = 0; again < 5; again++) {
        const demands = numbers(dice, rows.length, 0, 30);
        const { cost, amounts } = program.solve(demands);
        const text = [
          'Minimize',
          ` cost: ${prices.map((price, offer) => `${price} x${offer}`).join(' + ')}`,
          'Subject To',
          ...rows.map(
            (row, r) => ` r${r}: ${row.map((it, offer) => `${it} x${offer}`).join(' + ')} >= ${demands[r] ?? 0}`,
          ),
          'End',
        ].join('\n');
        const optimum = highs.solve(text).ObjectiveValue;
        const paid = amounts.reduce((sum, amount, offer) => sum + amount * (prices[offer] ?? 0), 0);
        const short = rows.map(
          (row, r) => (demands[r] ?? 0) - row.reduce((sum, it, offer) => sum + it * (amounts[offer] ?? 0), 0),
        );
        differences.push(Math.abs(cost - optimum), Math.abs(paid - optimum), Math.max(0, ...short));
      }
    }

    expect(differences.length).toBeGreaterThan(250);
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  });

  it('says so where nothing covers a demand', () => {
    expect(() => new CoveringProgram([1], [[0]]).solve([1])).toThrow('a demand that no offer covers');
  });
});
