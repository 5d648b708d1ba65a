/** Tasks with a network interface of their own that an instance size takes with trunking. */
type BySize = Readonly<Record<string, number>>;

const upTo4xlarge: BySize = { large: 10, xlarge: 20, '2xlarge': 40, '4xlarge': 60 };
const intel5: BySize = { ...upTo4xlarge, '8xlarge': 60, '12xlarge': 60, '16xlarge': 120, '24xlarge': 120 };
const generation6: BySize = {
  ...upTo4xlarge,
  '8xlarge': 90,
  '12xlarge': 120,
  '16xlarge': 120,
  '24xlarge': 120,
  '32xlarge': 120,
};
const amd6: BySize = { ...generation6, '48xlarge': 120 };
const graviton: BySize = { medium: 4, ...upTo4xlarge, '8xlarge': 60, '12xlarge': 60, '16xlarge': 120 };
const c5: BySize = { ...upTo4xlarge, '9xlarge': 60, '12xlarge': 60, '18xlarge': 120, '24xlarge': 120 };
const g5: BySize = {
  xlarge: 6,
  '2xlarge': 19,
  '4xlarge': 40,
  '8xlarge': 90,
  '12xlarge': 120,
  '16xlarge': 120,
  '24xlarge': 120,
  '48xlarge': 120,
};

/** Families that are not here (t3, m4, g4dn, for instance) have no trunk, or none that the table of June 2023 lists. */
const byFamily: Readonly<Record<string, BySize>> = {
  m5: intel5,
  m5a: intel5,
  m5d: intel5,
  r5: intel5,
  r5a: intel5,
  c5,
  c5a: intel5,
  m6i: generation6,
  c6i: generation6,
  r6i: generation6,
  m6a: amd6,
  c6a: amd6,
  r6a: amd6,
  m6g: graviton,
  c6g: graviton,
  r6g: graviton,
  m7g: graviton,
  c7g: graviton,
  r7g: graviton,
  g5,
};

/**
 * How many awsvpc tasks an instance of this type takes once its account has opted in to awsvpcTrunking; undefined where
 * its type has no trunk, so that each task needs a whole network interface. (ECS developer guide, container instance ENI.)
 */
export const tasksWithTrunking = (instanceType: string): number | undefined => {
  const [family = '', size = ''] = instanceType.split('.');
  return byFamily[family]?.[size];
};
