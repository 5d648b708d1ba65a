/** An EC2 instance as its ECS agent describes it when it registers. */
export interface Machine {
  readonly ec2InstanceId: string;
  readonly instanceType: string;
  readonly architecture: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly maxNetworkInterfaces: number;
  readonly availabilityZone: string;
  readonly subnetId: string;
  readonly imageId: string;
  readonly autoScalingGroupArn: string | undefined;
  readonly agent: AgentSettings;
}

/** What the instance's user data writes into /etc/ecs/ecs.config. */
export interface AgentSettings {
  readonly cluster: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly reservedMemoryMiB: number;
}

/** What ECS knew of an instance at the moment EC2 stopped it. */
export interface LastSight {
  readonly containerInstanceArn: string | undefined;
  readonly status: string | undefined;
  readonly liveTaskArns: readonly string[];
}

/** The ECS agents, as EC2 sees them: they start with their instance and die with it. */
export interface Agents {
  /** `launchedAt`: what the account had opted in to then is what it gets. */
  started(machine: Machine, launchedAt: number): void;
  stopped(ec2InstanceId: string): LastSight;
}
