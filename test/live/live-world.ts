import { demandText, stepText, unplacedText, withoutArns } from '../../cli/texts.ts';
import { berthController } from '../../simulator/host/ports/berth-controller.ts';
import { seededDice } from '../../simulator/kernel/dice.ts';
import { eventLoopTurn, promisesOnly, VirtualClock } from '../../simulator/kernel/virtual-clock.ts';
import type { PlanWords } from '../../simulator/live/feed.ts';
import { type LivePage, livePage } from '../../simulator/live/live-page.ts';
import type { Scenario } from '../../simulator/workloads/scenario.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { createWorld, type World } from '../../simulator/world/world.ts';
import { packedService, scenarioOf } from '../support/scenarios.ts';

export const planWords: PlanWords = { step: stepText, unplaced: unplacedText, demand: demandText, plain: withoutArns };

/** A small cluster over three zones that has something to do and then rests. */
export const smallDay = (document: Readonly<Record<string, unknown>> = {}): Scenario =>
  scenarioOf({
    description: 'a small <day> & its night',
    cluster: 'local',
    groups: {
      large: { types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }], minSize: 3, maxSize: 40 },
    },
    services: {
      web: packedService(512, 1024, { steps: [{ at: '0s', value: 6 }] }),
      api: packedService(256, 512, { steps: [{ at: '0s', value: 4 }] }),
    },
    ...document,
  });

/** Berth over the ports on a scenario, played as a run with a page is. */
export interface LiveWorld extends AsyncDisposable {
  readonly page: LivePage;
  readonly world: World;
  readonly clock: VirtualClock;
  /** Plays so much of it at once, whatever the page's speed. */
  readonly play: (ms: number) => Promise<void>;
  /** Lets it go on as the page wants it from now on. */
  readonly goOn: () => void;
}

export const liveWorld = async (scenario: Scenario, port = 0): Promise<LiveWorld> => {
  const page = await livePage({ scenario, seed: 1, port, speed: 0, words: planWords });
  const clock = new VirtualClock(scenario.startMs, undefined, promisesOnly);
  const dice = seededDice(1);
  const world = createWorld({ kernel: clock, dice: dice.fork('world'), constants: scenario.world });
  page.hooks.onWorld({ world, clock });
  const berth = berthController(scenario.settings);
  const controller = berth.listenedTo({ onDecision: page.hooks.onDecision, onInvocation: () => undefined });
  stageScenario(world, clock, scenario, controller.setup);
  await controller.start({ world, clock, dice: dice.fork('berth'), scenario, onDecision: () => undefined });
  let stopped = false;
  let going: Promise<void> = Promise.resolve();
  const step = async (): Promise<void> => {
    const factor = Math.min(page.hooks.speed(), 6_000);
    await clock.runUntil(clock.now() + factor * 20);
    await new Promise((done) => setTimeout(done, 20));
  };
  return {
    page,
    world,
    clock,
    play: async (ms) => {
      await clock.runUntil(clock.now() + ms);
      await eventLoopTurn();
    },
    goOn: () => {
      going = (async () => {
        while (!stopped) await step();
      })();
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await going;
      await page[Symbol.asyncDispose]();
    },
  };
};
