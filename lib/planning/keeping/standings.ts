import type { Service } from '../../model/service.ts';
import { oncePer } from '../once.ts';
import { servicesByGroup } from '../services.ts';
import type { TaskGroup } from '../task-list.ts';
import type { View } from '../view.ts';
import { reasonItCannotMove, reasonOfDeployment } from './services.ts';

/** A service, with what its state says of each of its tasks. */
export interface Standing {
  readonly service: Service;
  readonly cannotMove: string | undefined;
  readonly deploying: string | undefined;
}

/** Of the task groups of a look: the service that each is of. */
export interface Standings {
  /** By index of the group; undefined for tasks of no service that was read, and for those of daemons. */
  readonly byGroup: readonly (Standing | undefined)[];
  /** Groups with tasks that no service starts again, by index. */
  readonly isAlone: readonly boolean[];
  /** Whether any of them says so at all: mostly none does. */
  readonly anyAlone: boolean;
  readonly anyCannotMove: boolean;
  readonly anyDeploying: boolean;
}

export const standingsOf = oncePer((view: View): Standings => {
  const services = servicesByGroup(view);
  const serviceOf = ({ name = '' }: TaskGroup): Service | undefined => services.get(name);
  const { groups } = view.taskList;
  const byGroup = groups.map((group): Standing | undefined => {
    const service = serviceOf(group);
    return service === undefined || service.schedulingStrategy === 'DAEMON'
      ? undefined
      : { service, cannotMove: reasonItCannotMove(service), deploying: reasonOfDeployment(service, view.now) };
  });
  const isAlone = groups.map((it) => serviceOf(it) === undefined);
  return {
    byGroup,
    isAlone,
    anyAlone: isAlone.includes(true),
    anyCannotMove: byGroup.some((it) => it?.cannotMove !== undefined),
    anyDeploying: byGroup.some((it) => it?.deploying !== undefined),
  };
});
