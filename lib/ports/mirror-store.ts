import type { Change, Mirror } from '../mirror/mirror.ts';
import type { Service } from '../model/service.ts';
import type { Task } from '../model/task.ts';
import type { TaskDefinition } from '../model/task-definition.ts';
import type { EpochMs } from '../model/time.ts';
import type { Reading } from './reading.ts';

/** The services of a cluster as they were read from ECS: events do not tell of a desired count that somebody changes. */
export interface KeptServices {
  readonly services: readonly Service[];
  readonly readAt: EpochMs;
}

/** What has come since the mirror was last gathered. */
export interface News {
  /** Of the items it lies in. */
  readonly keys: readonly string[];
  /** Of the resources it tells of. */
  readonly arns: ReadonlySet<string>;
  readonly bytes: number;
}

export interface KeptMirror {
  /** When the last full comparison with what ECS describes began; before the first, the mirror lacks things. */
  readonly comparedAt: EpochMs | undefined;
  /** All that is known, newest versions only. */
  readonly mirror: Mirror;
  readonly services: KeptServices | undefined;
  /** Revisions, which never change. */
  readonly taskDefinitions: readonly TaskDefinition[];
  readonly news: News;
  /** Where the rest lies, by the time at which it was written. */
  readonly chunks: ReadonlyMap<string, EpochMs>;
  /** What was read, as it lies there. */
  readonly bytes: number;
}

/** Where the mirrors of large clusters are kept. */
export interface MirrorStore {
  /** What one batch told. Told again under the same id, it is the same. */
  tell(cluster: string, id: string, news: Mirror, at: EpochMs): Promise<void>;
  /** Everything, strongly consistent: what was told before this is in it. */
  recallMirror(cluster: string, now: EpochMs): Promise<KeptMirror>;
  /** The services alone, as the mirror has them. */
  recallServices(cluster: string): Promise<KeptServices | undefined>;
  /** Writes what has come in among the rest. Killed in the middle, nothing is lost: it is gathered again. */
  gather(cluster: string, kept: KeptMirror, now: EpochMs): Promise<void>;
  /** Undefined: they are as they were kept before. */
  keepServices(cluster: string, services: readonly Service[] | undefined, readAt: EpochMs): Promise<void>;
  keepTaskDefinitions(cluster: string, definitions: readonly TaskDefinition[], at: EpochMs): Promise<void>;
  keepCompared(cluster: string, at: EpochMs): Promise<void>;
}

/** What the events of ECS say of its resources. */
export interface ChangeDecoder {
  /** None for an event that is about neither a task nor a container instance; a gap for one that cannot be read. */
  changeIn(detailType: string, detail: Readonly<Record<string, unknown>>, at: EpochMs): Reading<Change>;
}

/** What only who keeps a mirror asks of ECS. */
export interface TaskReader {
  /** The named ones, ended ones included as long as ECS remembers them. One it does not know is no gap: it has ended. */
  tasksByArn(cluster: string, arns: readonly string[]): Promise<Reading<Task>>;
}
