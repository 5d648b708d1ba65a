import type { DrainCause } from '../model/memory.ts';
import type { ClusterWriter } from '../ports/cluster-api.ts';

/** What a container instance's tag `berth:drain` is to say; undefined takes the tag away. */
export interface Mark {
  readonly arn: string;
  readonly mark: DrainCause | undefined;
}

/** ECS takes so many changes of tags at once and ten a second after that (ECS API reference, request throttling). */
const marksPerPlan = 20;

/**
 * Tells whoever looks at an instance that Berth is draining it. Only a courtesy: what Berth knows stands in its store,
 * so a mark that fails, or is one too many, is nobody's failure.
 */
export const writeMarks = async (cluster: string, marks: readonly Mark[], writer: ClusterWriter): Promise<void> => {
  const byMark = Map.groupBy(marks.slice(0, marksPerPlan), (it) => it.mark);
  for (const [mark, its] of byMark)
    await writer.markInstances(
      cluster,
      its.map((it) => it.arn),
      mark,
    );
};
