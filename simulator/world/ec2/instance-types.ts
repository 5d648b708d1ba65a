/** What the world knows of an EC2 instance type. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly architecture: 'x86_64' | 'arm64';
  readonly maxNetworkInterfaces: number;
}

type Row = readonly [string, number, number, number, InstanceType['architecture'], number];

/** Name, vCPUs, memory in MiB, GPUs, architecture, network interfaces: as EC2 DescribeInstanceTypes answers them. */
const rows: readonly Row[] = [
  ['t3.micro', 2, 1_024, 0, 'x86_64', 2],
  ['t3.small', 2, 2_048, 0, 'x86_64', 3],
  ['t3.medium', 2, 4_096, 0, 'x86_64', 3],
  ['t3.large', 2, 8_192, 0, 'x86_64', 3],
  ['t3.xlarge', 4, 16_384, 0, 'x86_64', 4],
  ['t4g.medium', 2, 4_096, 0, 'arm64', 3],
  ['t4g.large', 2, 8_192, 0, 'arm64', 3],
  ['m4.large', 2, 8_192, 0, 'x86_64', 2],
  ['m5.large', 2, 8_192, 0, 'x86_64', 3],
  ['m5.xlarge', 4, 16_384, 0, 'x86_64', 4],
  ['m5.2xlarge', 8, 32_768, 0, 'x86_64', 4],
  ['m5.4xlarge', 16, 65_536, 0, 'x86_64', 8],
  ['m6i.large', 2, 8_192, 0, 'x86_64', 3],
  ['m6i.xlarge', 4, 16_384, 0, 'x86_64', 4],
  ['m6i.2xlarge', 8, 32_768, 0, 'x86_64', 4],
  ['m6i.4xlarge', 16, 65_536, 0, 'x86_64', 8],
  ['m6g.large', 2, 8_192, 0, 'arm64', 3],
  ['m6g.xlarge', 4, 16_384, 0, 'arm64', 4],
  ['m7g.large', 2, 8_192, 0, 'arm64', 3],
  ['m7g.xlarge', 4, 16_384, 0, 'arm64', 4],
  ['m7g.2xlarge', 8, 32_768, 0, 'arm64', 4],
  ['m7i.large', 2, 8_192, 0, 'x86_64', 3],
  ['m7i.xlarge', 4, 16_384, 0, 'x86_64', 4],
  ['c5.large', 2, 4_096, 0, 'x86_64', 3],
  ['c5.xlarge', 4, 8_192, 0, 'x86_64', 4],
  ['c5.2xlarge', 8, 16_384, 0, 'x86_64', 4],
  ['c6i.large', 2, 4_096, 0, 'x86_64', 3],
  ['c6i.xlarge', 4, 8_192, 0, 'x86_64', 4],
  ['c6i.2xlarge', 8, 16_384, 0, 'x86_64', 4],
  ['c6i.4xlarge', 16, 32_768, 0, 'x86_64', 8],
  ['c6g.large', 2, 4_096, 0, 'arm64', 3],
  ['c7g.xlarge', 4, 8_192, 0, 'arm64', 4],
  ['r5.large', 2, 16_384, 0, 'x86_64', 3],
  ['r5.xlarge', 4, 32_768, 0, 'x86_64', 4],
  ['r6i.large', 2, 16_384, 0, 'x86_64', 3],
  ['r6i.xlarge', 4, 32_768, 0, 'x86_64', 4],
  ['r6i.2xlarge', 8, 65_536, 0, 'x86_64', 4],
  ['r6g.large', 2, 16_384, 0, 'arm64', 3],
  ['g4dn.xlarge', 4, 16_384, 1, 'x86_64', 3],
  ['g4dn.12xlarge', 48, 196_608, 4, 'x86_64', 8],
  ['g5.xlarge', 4, 16_384, 1, 'x86_64', 4],
];

export const instanceTypes: ReadonlyMap<string, InstanceType> = new Map(
  rows.map(([name, vcpus, memoryMiB, gpus, architecture, maxNetworkInterfaces]) => [
    name,
    { name, vcpus, memoryMiB, gpus, architecture, maxNetworkInterfaces },
  ]),
);
