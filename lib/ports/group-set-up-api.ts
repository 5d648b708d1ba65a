import type { GroupSetUp, LifecycleHook } from '../model/group-set-up.ts';
import type { ItemOutcome, Reading } from './reading.ts';

/** What is read of a group to set it up, opted in or not. */
export interface GroupSetUpReader {
  /** No item and no gap: there is no such group in this region. */
  setUp(group: string): Promise<Reading<GroupSetUp>>;
}

/** What sets a group up. Asking for what is already so is done; outcomes of instances are by EC2 instance id. */
export interface GroupSetUpWriter {
  putTags(group: string, tags: Readonly<Record<string, string>>): Promise<ItemOutcome>;
  deleteTags(group: string, keys: readonly string[]): Promise<ItemOutcome>;
  putHook(group: string, hook: LifecycleHook): Promise<ItemOutcome>;
  deleteHook(group: string, name: string): Promise<ItemOutcome>;
  suspendProcess(group: string, process: string): Promise<ItemOutcome>;
  resumeProcess(group: string, process: string): Promise<ItemOutcome>;
  protectNewInstances(group: string, isProtected: boolean): Promise<ItemOutcome>;
  /** Batches of 50. Of an instance that has left, or is about to, there is nothing left to do. */
  protectInstances(
    group: string,
    ec2InstanceIds: readonly string[],
    isProtected: boolean,
  ): Promise<readonly ItemOutcome[]>;
}
