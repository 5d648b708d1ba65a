import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CountHistory } from '../../../lib/model/service-counts.ts';
import { minuteMs } from '../../../lib/model/time.ts';
import { now } from '../../support/builders.ts';
import { backlog, check, cpu, direction, scaling } from './counts.ts';

const settings = scaling({ scaleIn: direction(), quietReadIntervalMs: 7 * minuteMs });

/** A service that had 20 tasks to do its work, and has 4 since it went. */
const afterBusy = (
  over = settings,
  values: Readonly<Record<string, number>> = { cpu: 60 },
): CountHistory | undefined => {
  const busy = check(over, { desired: 20, values, at: now });
  return check(over, { desired: 4, values: { ...values, cpu: 30 }, at: now + minuteMs }, busy.history).history;
};

const later = (minutes: number) => now + minutes * minuteMs;

describe('a surge', () => {
  it('goes to what the last one came to, no further than half beyond what signals ask for', () => {
    const history = afterBusy();
    const at = (value: number) => check(settings, { desired: 4, values: { cpu: value }, at: later(30) }, history);

    expect(at(200).wanted).toMatchObject({ to: 20, reason: expect.stringContaining('in a surge up to the 20') });
    expect(at(150).wanted?.to).toBe(15); // ten are asked for
    expect(at(80).wanted?.to).toBe(9); // six: half as many again is one already
  });

  it.each<[string, number, number, number]>([
    ['what is no surge', 70, 30, 5],
    ['what was an hour ago', 200, 61, 14],
  ])('leaves %s as signals have it', (_, value, minute, expected) => {
    expect(check(settings, { desired: 4, values: { cpu: value }, at: later(minute) }, afterBusy()).wanted?.to).toBe(
      expected,
    );
  });

  it('leaves a total as it is: it hides nothing', () => {
    const total = scaling({ signals: [backlog()], scaleIn: direction() });
    const busy = check(total, { desired: 20, values: { backlog: 200 }, at: now });

    expect(check(total, { desired: 4, values: { backlog: 100 }, at: later(5) }, busy.history).wanted?.to).toBe(10);
  });

  it('never lowers, nor passes the busiest of the hour or half beyond what is asked for', () => {
    const whole = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(whole, whole, fc.integer({ min: 1, max: 400 }), (busiest, desired, value) => {
        const busy = check(settings, { desired: busiest, values: { cpu: 60 }, at: now }).history;
        const { history } = check(settings, { desired, values: { cpu: 60 }, at: later(1) }, busy);
        if (history === undefined) throw new Error('no history');
        const asked = (past: CountHistory) =>
          check(settings, { desired, values: { cpu: value }, at: later(5) }, past).report.recommended;
        const [plain, recommended] = [asked({ ...history, busiest: undefined }), asked(history)];

        expect(recommended).toBeGreaterThanOrEqual(plain);
        expect(recommended).toBeLessThanOrEqual(
          Math.max(plain, Math.min(Math.max(busiest, desired), Math.ceil(plain * 1.5))),
        );
      }),
    );
  });

  it('is followed by an hour of reading each minute, and calm by none', () => {
    const calmed = (from: number, minute: number) => {
      let history = check(settings, { desired: 10, values: { cpu: from }, at: now }).history;
      for (let n = minute - 2; n <= minute; n++)
        history = check(
          settings,
          { desired: 15, values: { cpu: 57 }, at: later(n) },
          history === undefined ? undefined : { ...history, nextReadAt: 0 },
        ).history;
      return ((history?.nextReadAt ?? 0) - later(minute)) / minuteMs;
    };

    expect(calmed(90, 59)).toBe(1);
    expect(calmed(90, 61)).toBe(7);
    expect(calmed(80, 59)).toBe(7);
  });

  it('knows nothing of a signal beside the one that asks', () => {
    const both = scaling({ signals: [cpu(), backlog()], scaleIn: direction() });
    const busy = check(both, { desired: 20, values: { cpu: 60, backlog: 0 }, at: now });

    expect(check(both, { desired: 4, values: { cpu: 30, backlog: 100 }, at: later(5) }, busy.history).wanted?.to).toBe(
      10,
    );
  });
});
