import type { Dice } from '../../kernel/dice.ts';
import type { ScenarioFault } from '../scenario.ts';
import { type StageGround, schedule } from './ground.ts';

type FaultOf<Kind extends ScenarioFault['kind']> = Extract<ScenarioFault, { readonly kind: Kind }>;

/** Instances of the groups named (none: all) that run, by EC2's account. */
const instancesOf = ({ world }: StageGround, groups: readonly string[], spotOnly: boolean): readonly string[] =>
  [...world.view.groups.values()]
    .filter((group) => groups.length === 0 || groups.includes(group.name))
    .flatMap((group) => [...group.instances.values()])
    .filter(({ ec2 }) => (ec2.state === 'pending' || ec2.state === 'running') && (!spotOnly || ec2.spot))
    .map((it) => it.ec2.id);

/** This share of them, at least one, in an order that the dice decide. */
const victims = (ids: readonly string[], share: number, dice: Dice): readonly string[] => {
  if (share === 0 || ids.length === 0) return [];
  const drawn = ids.map((id): readonly [number, string] => [dice.next(), id]).sort(([a], [b]) => a - b);
  return drawn.slice(0, Math.max(1, Math.round(share * ids.length))).map(([, id]) => id);
};

const hitSpot = (
  ground: StageGround,
  { share, withinMs, groups }: FaultOf<'spotInterruption' | 'rebalanceRecommendation'>,
  dice: Dice,
  hit: (ec2InstanceId: string) => void,
): void => {
  const { clock } = ground;
  const chosen = victims(instancesOf(ground, groups, true), share, dice);
  chosen.forEach((id, index) => {
    clock.at(clock.now() + (withinMs * index) / chosen.length, () => {
      if (instancesOf(ground, groups, true).includes(id)) hit(id);
    });
  });
};

const disconnect = (ground: StageGround, fault: FaultOf<'agentDisconnect'>, dice: Dice): void => {
  const { world, clock, scenario } = ground;
  const registered = (): ReadonlySet<string> => {
    const instances = world.view.ecs.clusters.get(scenario.cluster)?.instances.values() ?? [];
    return new Set([...instances].map((it) => it.ec2InstanceId));
  };
  const known = registered();
  const reachable = instancesOf(ground, fault.groups, false).filter((it) => known.has(it));
  for (const id of victims(reachable, fault.share, dice)) {
    world.disconnectAgent(id);
    clock.at(clock.now() + fault.forMs, () => {
      if (registered().has(id)) world.reconnectAgent(id);
    });
  }
};

const begin = (ground: StageGround, fault: ScenarioFault, dice: Dice): void => {
  const { world, clock } = ground;
  const endLater = (forMs: number, end: () => void): void => {
    clock.at(clock.now() + forMs, end);
  };
  switch (fault.kind) {
    case 'spotInterruption':
      hitSpot(ground, fault, dice, (id) => {
        world.interruptSpot(id);
      });
      return;
    case 'rebalanceRecommendation':
      hitSpot(ground, fault, dice, (id) => {
        world.recommendRebalance(id);
      });
      return;
    case 'capacityError': {
      const { instanceTypes, zones, market, forMs } = fault;
      const availabilityZones = zones.map((letter) => `${world.region}${letter}`);
      endLater(forMs, world.setCapacityError({ instanceTypes, availabilityZones, market }));
      return;
    }
    case 'agentDisconnect':
      disconnect(ground, fault, dice);
      return;
    case 'instanceDeath':
      for (const id of victims(instancesOf(ground, fault.groups, false), fault.share, dice)) world.killInstance(id);
      return;
    case 'noRegistration':
      endLater(fault.forMs, world.setRegistrationFailures(fault.share));
      return;
    case 'lostEvents':
      endLater(fault.forMs, world.setEventLoss(fault.share));
      return;
  }
};

/** Lets every fault happen at its time. Which instances it hits is drawn when it happens, from those there are. */
export const stageFaults = (ground: StageGround): void => {
  const dice = ground.dice.fork('faults');
  schedule(
    ground,
    ground.scenario.faults,
    (it) => it.atMs,
    (fault) => {
      begin(ground, fault, dice);
    },
  );
};
