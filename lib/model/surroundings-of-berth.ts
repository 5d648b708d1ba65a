/** A Berth that is deployed in the region, as its functions say. */
export interface BerthDeployment {
  /** What its functions' names begin with, such as `berth-dev`. */
  readonly name: string;
  readonly clusters: readonly string[];
  readonly table: string;
  /** By the name of the function in `serverless.yml`, such as `decide`: the role it runs under. */
  readonly roles: Readonly<Record<string, string>>;
}

/** Something that a function must be allowed and is not. */
export interface MissingPermission {
  readonly functionName: string;
  readonly role: string;
  readonly actions: readonly string[];
  /** Why, as far as AWS says: no policy allows it, or one denies it. */
  readonly because: 'notAllowed' | 'denied';
}

/** vCPUs of running On-Demand Instances of the standard families that the account may have in the region. */
export interface VcpuQuota {
  readonly vcpus: number;
}
