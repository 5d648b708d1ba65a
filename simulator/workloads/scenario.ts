import type { Bounds, WorldConstants } from '../world/constants.ts';

/** One instance type a group may launch, in order of preference, with its price in dollars an hour. */
export interface ScenarioType {
  readonly instanceType: string;
  readonly pricePerHour: number;
}

/** One Auto Scaling group of the scenario. Who sizes it is the controller's business. */
export interface ScenarioGroup {
  readonly name: string;
  readonly types: readonly ScenarioType[];
  readonly market: 'onDemand' | 'spot';
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  /** Availability Zones by letter: `a` is the first of the region. */
  readonly zones: readonly string[];
  /** ECS_INSTANCE_ATTRIBUTES of its instances. */
  readonly attributes: Readonly<Record<string, string>>;
  /** From launch to the ECS agent starting; the world's constant unless given. */
  readonly bootMs: Bounds | undefined;
  /** Whether the group evens out its zones by itself (AZRebalance); off: the process is suspended. */
  readonly zoneRebalance: boolean;
}

/** What one task takes of an instance. */
export interface ScenarioTaskSize {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly networkMode: 'bridge' | 'awsvpc';
  /** Static TCP host ports; only with `bridge`. */
  readonly hostPorts: readonly number[];
}

/** The count holds from its time until the next point's; a service's are whole numbers, in rising order from 0. */
export interface CountPoint {
  readonly atMs: number;
  readonly count: number;
}

/** Work offered to a service, from which its counts were made and its CPU and request metrics follow. */
export interface RatePoint {
  readonly atMs: number;
  /** Requests (or any unit of work) a second. */
  readonly rate: number;
}

export interface ScenarioService {
  readonly name: string;
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  readonly size: ScenarioTaskSize;
  /** Empty for a daemon. The first point is at 0. */
  readonly counts: readonly CountPoint[];
  /** Undefined where the scenario gives counts only. */
  readonly rates: readonly RatePoint[] | undefined;
  /** Work before the start, which CloudWatch knows of; times are below 0. */
  readonly pastRates?: readonly RatePoint[];
  /** Work that one task serves a second; what its CPU utilisation is computed from. */
  readonly perTask: number | undefined;
  /** Names of the groups it may run in; empty: any. */
  readonly groups: readonly string[];
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** Behind a load balancer: healthy when its checks pass, DEACTIVATING for the deregistration delay. */
  readonly loadBalancer: boolean;
  readonly placementConstraints: readonly { readonly type: string; readonly expression: string | undefined }[];
  /** Undefined: ECS's own default, Availability Zones first. */
  readonly placementStrategy: readonly { readonly type: string; readonly field: string | undefined }[] | undefined;
  readonly availabilityZoneRebalancing: boolean;
  /** Seconds a stopping task takes: SIGTERM to its end. */
  readonly stopMs: Bounds | undefined;
  /** When a new revision of the same size is deployed. */
  readonly deployAtMs: readonly number[];
  /** Share of its starts that die before RUNNING, from 0 to 1. */
  readonly failingStarts: number;
  /** Share of its running tasks that protect themselves for a while (UpdateTaskProtection), from 0 to 1. */
  readonly protectedShare: number;
}

/** A task that somebody runs once (RunTask), and that ends by itself. */
export interface ScenarioTask {
  readonly arrivalMs: number;
  readonly durationMs: number;
  readonly size: ScenarioTaskSize;
  /** Names of the groups it may run in; empty: any. */
  readonly groups: readonly string[];
  /** Whether it is sent to the controller's own queue of tasks, where there is one, instead of being asked of ECS. */
  readonly queued: boolean;
}

/** Room for so many tasks that somebody asks the controller for ahead of them. */
export interface ScenarioCapacityRun {
  readonly atMs: number;
  readonly forMs: number;
  readonly tasks: number;
  readonly target:
    | { readonly kind: 'service'; readonly service: string }
    /** `group`: where the tasks will run; undefined: anywhere. */
    | { readonly kind: 'family'; readonly family: string; readonly group: string | undefined };
}

/** Something that goes wrong, from `atMs` (for `forMs` where it lasts). Zones by letter. */
export type ScenarioFault =
  /** EC2 interrupts this share of the Spot instances that are there, evenly within `withinMs`. */
  | {
      readonly kind: 'spotInterruption';
      readonly atMs: number;
      readonly share: number;
      readonly withinMs: number;
      readonly groups: readonly string[];
    }
  | {
      readonly kind: 'rebalanceRecommendation';
      readonly atMs: number;
      readonly share: number;
      readonly withinMs: number;
      readonly groups: readonly string[];
    }
  /** EC2 has no capacity; empty lists mean all. */
  | {
      readonly kind: 'capacityError';
      readonly atMs: number;
      readonly forMs: number;
      readonly instanceTypes: readonly string[];
      readonly zones: readonly string[];
      readonly market: 'onDemand' | 'spot' | undefined;
    }
  | {
      readonly kind: 'agentDisconnect';
      readonly atMs: number;
      readonly forMs: number;
      readonly share: number;
      readonly groups: readonly string[];
    }
  | {
      readonly kind: 'instanceDeath';
      readonly atMs: number;
      readonly share: number;
      readonly groups: readonly string[];
    }
  /** What is launched meanwhile never registers with ECS. */
  | { readonly kind: 'noRegistration'; readonly atMs: number; readonly forMs: number; readonly share: number }
  /** Events of EC2 and Auto Scaling, which are best effort, are lost at this share. */
  | { readonly kind: 'lostEvents'; readonly atMs: number; readonly forMs: number; readonly share: number };

/** A cluster, what happens to it, and for how long: everything but who looks after it. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly cluster: string;
  readonly groups: readonly ScenarioGroup[];
  readonly services: readonly ScenarioService[];
  readonly tasks: readonly ScenarioTask[];
  /** In order of time. */
  readonly capacityRuns: readonly ScenarioCapacityRun[];
  readonly faults: readonly ScenarioFault[];
  /** The account setting awsvpcTrunking, on before the first launch: raises how many awsvpc tasks an instance takes. */
  readonly trunking: boolean;
  /** Overrides of the world's constants. */
  readonly world: Partial<WorldConstants>;
  /** A document as `berth.yml` holds it, for the controller `berth`; undefined: the shipped defaults in act mode. */
  readonly settings: unknown;
}
