import { describe, expect, it } from '@jest/globals';
import { boundOf, hour, scenarioOf, ToldWorld } from './told-world.ts';

describe('scoring', () => {
  it('takes well under a second for a week of 100,000 tasks on 200 instances', () => {
    const it = new ToldWorld(scenarioOf({ durationMs: 7 * 24 * hour }), {
      bounds: boundOf(...Array.from({ length: 2_000 }, (_, n) => [n * 5, n % 200] as const)),
    });
    for (let n = 0; n < 200; n++) it.boot(`i-${n}`);
    const before = process.cpuUsage();
    for (let n = 0; n < 100_000; n++) {
      it.at(n / 10).runOn(`i-${n % 200}`, `api-${n}`);
      if (n >= 1_000) it.stop(`api-${n - 1_000}`).end(`api-${n - 1_000}`);
      if (n % 100 === 0) it.drain(`i-${n % 200}`).restore(`i-${n % 200}`);
    }
    const { score } = it.at(7 * 24 * 60).read();

    expect(score.wait.ran).toBe(100_000);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(3_000); // measured: half a second, and as much for the telling
  });
});
