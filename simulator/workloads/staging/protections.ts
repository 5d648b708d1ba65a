import { callAsWorkload, repeat, type StageGround } from './ground.ts';

const lookMs = 10 * 60_000;
const protectedMs = 60 * 60_000;
const mostAtOnce = 10; // ECS API, UpdateTaskProtection

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));

/**
 * Tasks that protect themselves while they work: each for an hour, looked at every ten minutes, so often that on
 * average the share asked for is protected: what enters, chance ÷ look of those not protected, is what leaves.
 */
export const stageProtections = (ground: StageGround): void => {
  const { world, clock, scenario } = ground;
  const { cluster } = scenario;
  for (const { name, protectedShare } of scenario.services) {
    if (protectedShare === 0) continue;
    const dice = ground.dice.fork(`protection ${name}`);
    const chance =
      protectedShare === 1 ? 1 : Math.min(1, (protectedShare * lookMs) / (protectedMs * (1 - protectedShare)));
    repeat(ground, lookMs, () => {
      const tasks = world.view.ecs.clusters.get(cluster)?.services.get(name)?.tasks ?? [];
      const open = [...tasks].filter(
        (it) =>
          it.lastStatus === 'RUNNING' && it.desiredStatus === 'RUNNING' && (it.protectedUntil ?? 0) <= clock.now(),
      );
      const chosen = open.filter(() => dice.next() < chance).map((it) => it.arn);
      for (const batch of chunks(chosen, mostAtOnce))
        callAsWorkload(world, 'ecs', 'UpdateTaskProtection', {
          cluster,
          tasks: batch,
          protectionEnabled: true,
          expiresInMinutes: protectedMs / 60_000,
        });
    });
  }
};
