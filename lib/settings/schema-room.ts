import { z } from 'zod';
import { ifList, ifMapping, section, share, text, wholeNumber } from './schema-parts.ts';

const familyRemedy = 'write a family of up to 255 letters, digits, hyphens and underscores, as ECS has it';

/** A task definition's family, with a revision or without. */
const taskDefinition = z
  .string({ error: 'write a task definition: its family, or family:revision' })
  .regex(/^[a-zA-Z0-9_-]{1,255}(:[1-9][0-9]{0,8})?$/, {
    error: 'write a task definition: its family, or family:revision',
  });

interface HeadroomDocument {
  readonly service?: unknown;
  readonly taskDefinition?: unknown;
  readonly copies?: unknown;
  readonly share?: unknown;
}

/** What contradicts itself, or says too little. */
const headroomProblem = (it: HeadroomDocument): readonly [path: string, message: string] | undefined => {
  const [copies, part] = [it.copies !== undefined, it.share !== undefined];
  if (it.service !== undefined && it.taskDefinition !== undefined)
    return ['taskDefinition', 'write either service or taskDefinition'];
  if (copies && part) return ['share', 'write either copies or share'];
  if (it.taskDefinition !== undefined && !copies)
    return ['taskDefinition', 'write copies beside it: a task definition has no count to take a share of'];
  if (it.service !== undefined && !copies && !part)
    return ['service', 'write copies, such as 2, or share, such as 10%, beside it'];
  if (it.service === undefined && it.taskDefinition === undefined && !part)
    return ['', 'write service or taskDefinition with copies, or share alone for the whole cluster'];
  return undefined;
};

const headroom = section({
  service: text('write the name of an ECS service').optional(),
  taskDefinition: taskDefinition.optional(),
  copies: wholeNumber(0, 5_000).optional().meta({ description: 'Room for so many more tasks.' }),
  share: share(1_000)
    .optional()
    .meta({ description: 'Room for so much more of what the service, or the whole cluster, runs.' }),
}).superRefine((it: HeadroomDocument, context) => {
  const problem = headroomProblem(it);
  if (problem === undefined) return;
  context.addIssue({ code: 'custom', path: problem[0] === '' ? [] : [problem[0]], message: problem[1] });
}, ifMapping);

export const headroomList = z.array(headroom, { error: 'write a list of what to keep room for, each begun by a dash' });

/** Names in a list, none of them twice. */
const distinct = <Item extends z.ZodType<string>>(item: Item, error: string) =>
  z
    .array(item, { error })
    .min(1, { error })
    .superRefine((names: readonly unknown[], context) => {
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) !== index)
          context.addIssue({ code: 'custom', path: [index], message: 'remove it: it stands above already' });
      }
    }, ifList);

export const families = distinct(
  z.string({ error: familyRemedy }).regex(/^[a-zA-Z0-9_-]{1,255}$/, { error: familyRemedy }),
  'write a list of the families whose tasks may be queued',
);

const roleRemedy = 'write the ARN of an IAM role, such as arn:aws:iam::123456789012:role/job';

export const roles = distinct(
  z
    .string({ error: roleRemedy })
    .regex(/^arn:aws[a-z-]*:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,576}$/, { error: roleRemedy }),
  'write a list of the roles that queued tasks may have: those of their task definitions',
);
