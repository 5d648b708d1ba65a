import { describe, expect, it } from '@jest/globals';
import { factsOf } from '../../lib/placement/attributes.ts';
import type { Truth } from '../../lib/placement/query/truth.ts';
import { g2, g2Facts, truthOf } from './query-instance.ts';

type Row = readonly [expression: string, truth: Truth, meaning: string];

/** Every example of the ECS developer guide: "Create expressions to define container instances", and the constraints' own. */
const ofTheGuide: readonly Row[] = [
  ['attribute:ecs.instance-type == t2.small', false, 'is of that type'],
  ['attribute:ecs.availability-zone in [us-east-1a, us-east-1b]', true, 'is in one of the zones'],
  [
    'attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d',
    true,
    'is a G2 instance outside us-east-1d',
  ],
  ['task:group == service:production', true, 'hosts a task of the service'],
  ['not(task:group == database)', false, 'hosts no task of the group'],
  ['runningTasksCount == 1', false, 'runs one task only'],
  ['agentVersion < 1.14.5', true, 'has an agent older than 1.14.5'],
  ['registeredAt < 2018-02-13', true, 'was registered before that day'],
  ["ec2InstanceId in ['i-abcd1234', 'i-wxyx7890']", true, 'is one of the two'],
  ['attribute:ecs.instance-type == g2.2xlarge', true, 'lists the g2.2xlarge instances'],
  ['attribute:stack == prod', true, 'lists the instances with stack=prod'],
  ['attribute:stack != prod', false, 'lists those with another stack'],
  ['attribute:ecs.instance-type in [t2.small, t2.medium]', false, 'is of one of the types'],
  ['attribute:ecs.instance-type =~ t2.* and attribute:ecs.availability-zone == us-east-1a', false, 'is a T2 in 1a'],
  ['attribute:ecs.instance-type =~ t2.*', false, 'is a T2'],
  ['task:group == service:daemon-service', false, 'hosts the daemon'],
  ['task:group == databases', false, 'hosts a task of the group'],
];

const operators: readonly Row[] = [
  ['attribute:stack equals prod', true, 'word for =='],
  ['attribute:stack not_equals prod', false, 'word for !='],
  ['attribute:stack == PROD', false, 'letters count as they are'],
  ['attribute:stack==prod', true, 'needs no spaces'],
  ["attribute:stack == 'prod'", true, 'takes single quotes'],
  ['attribute:team == "data science"', true, 'takes double quotes, for spaces'],
  ['attribute:rack > 9', true, 'compares numbers as numbers'],
  ['attribute:rack greater_than 10', false, 'word for >'],
  ['attribute:rack greater_than_equal 10', true, 'word for >='],
  ['attribute:rack < 9', false, 'is not an order of letters'],
  ['attribute:rack less_than 11', true, 'word for <'],
  ['attribute:rack less_than_equal 10.0', true, 'word for <=; 10 is 10.0'],
  ['attribute:rack == 10.0', false, 'but equality is of letters'],
  ['attribute:word < banana', true, 'compares words by letter'],
  ['attribute:word <= apple', true, 'a word is as far on as itself'],
  ['attribute:word >= apples', false, 'the shorter word comes first'],
  ['attribute:stack exists', true, 'is there'],
  ['attribute:ecs.capability.task-eni exists', true, 'is there without a value'],
  ["attribute:ecs.capability.task-eni == ''", true, 'whose value is empty'],
  ['attribute:stack !exists', false, 'is there'],
  ['attribute:stack not_exists', false, 'word for !exists'],
  ['attribute:stack in [prod]', true, 'a list of one'],
  ['attribute:stack in prod', true, 'a list of one, without brackets'],
  ['attribute:stack in [dev,"prod"]', true, 'a list with and without quotes'],
  ['attribute:stack !in [dev, prod]', false, 'is in the list'],
  ['attribute:stack not_in [dev, test]', true, 'word for !in'],
  ['attribute:stack ! in [dev, test]', true, 'a space after !'],
];

const absence: readonly Row[] = [
  ['attribute:none exists', false, 'an absent attribute is not there'],
  ['attribute:none !exists', true, 'an absent attribute is absent'],
  ['attribute:none == prod', false, 'has no value'],
  ['attribute:none != prod', false, 'has no other value either'],
  ['attribute:none !in [prod]', false, 'nor one outside a list'],
  ['attribute:none !~ prod', false, 'nor one that does not match'],
  ['attribute:none < 5', false, 'nor one to compare'],
  ['not attribute:none == prod', true, 'but the negation of an expression is a negation'],
  ['attribute:none !exists or attribute:none != prod', true, 'how to ask for "absent or different"'],
  ['attribute:constructor exists', false, 'JavaScript has no say in names'],
  ['attribute:__proto__ exists', false, 'none at all'],
];

const patterns: readonly Row[] = [
  ['attribute:ecs.instance-type matches g2.*', true, 'word for =~'],
  ['attribute:ecs.instance-type =~ g2', false, 'matches the whole value'],
  ['attribute:ecs.instance-type =~ .*large', true, 'from its first letter'],
  ['attribute:ecs.instance-type !~ g2.*', false, 'the opposite'],
  ['attribute:ecs.instance-type not_matches t2.*', true, 'word for !~'],
  ['attribute:ecs.instance-type =~ (p[2,3]|g[2,3]).*', true, 'parentheses, brackets and commas of its own'],
  ['(attribute:ecs.instance-type =~ (g2|g3).*)', true, 'but not the parenthesis around it'],
  ['(attribute:ecs.instance-type =~ g2.*)&&attribute:rack == 10', true, 'ends before &&'],
  ['attribute:ecs.instance-type =~ t2.*||attribute:rack == 10', true, 'ends before ||'],
  ['attribute:ecs.instance-type =~ t2.*|g2.*', true, 'one bar is its own'],
  ['attribute:ecs.instance-type =~ g2\\.\\d+x[a-z]{5}', true, 'escapes, classes and counts'],
  ['attribute:stack =~ [])p]rod', true, 'a bracket that begins with a bracket'],
  ['attribute:stack =~ \\(?prod\\)?', true, 'escaped parentheses'],
  ["attribute:team =~ 'data (science|entry)'", true, 'quotes for spaces'],
  ['attribute:stack =~ (?i)PROD', true, 'letters of either case'],
  ['attribute:stack =~ \\Qprod\\E', true, 'a quotation'],
  ['ec2InstanceId =~ i-[0-9a-f]{8}', true, 'of an instance id'],
  ['agentConnected =~ t.*', true, 'of true'],
];

const subjects: readonly Row[] = [
  ['agentConnected == true', true, 'its agent is connected'],
  ['agentConnected==true', true, 'its agent is connected'],
  ['agentConnected != true', false, 'its agent is disconnected'],
  ['agentConnected in [true, false]', true, 'either'],
  ['agentVersion >= 1.14.10', false, 'versions compare number by number'],
  ['agentVersion > 1.9', true, '1.14 comes after 1.9'],
  ['agentVersion == 1.14.4.0', true, 'a missing number is zero'],
  ['agentVersion < 1.14.4.1', true, 'on either side'],
  ['agentVersion != 1.14.4', false, 'is another version'],
  ['runningTasksCount >= 2', true, 'runs two tasks or more'],
  ['runningTasksCount < 10', true, 'numbers compare as numbers'],
  ['runningTasksCount != 2', false, 'does not run two tasks'],
  ['registeredAt > 2018-02-12', true, 'after that midnight, UTC'],
  ['registeredAt >= 2018-02-12T23:59:59', true, 'at that second, UTC'],
  ['registeredAt == 2018-02-12T23:59:59Z', true, 'at that second'],
  ['registeredAt == 2018-02-13T01:59:59+02:00', true, 'at that second, said further east'],
  ['registeredAt != 2018-02-12T23:59:59.500Z', true, 'half a second off'],
  ['task:group exists', true, 'has a task'],
  ['task:group in [database, cache]', true, 'has a task of one of them'],
  ['task:group =~ service:.*', true, 'has a task of some service'],
  ['task:group != cache', true, 'all its tasks are of other groups'],
  ['task:group != database', 'unknown', 'some of its tasks are of other groups: AWS does not say'],
  ['task:group !~ .*', false, 'all its tasks match'],
];

const compounds: readonly Row[] = [
  ['attribute:rack == 10 && attribute:stack == dev', false, 'and'],
  ['attribute:rack == 10 || attribute:stack == dev', true, 'or'],
  ['! attribute:rack == 10', false, 'not'],
  ['!(attribute:rack == 11)', true, 'not, of a group'],
  ['not not attribute:rack == 10', true, 'twice'],
  ['attribute:rack == 10 or attribute:rack == 11 and attribute:stack == dev', true, 'and before or'],
  ['(attribute:rack == 10 or attribute:rack == 11) and attribute:stack == dev', false, 'parentheses first'],
  ['not attribute:rack == 11 and attribute:stack == dev', false, 'not before and'],
  ['not (attribute:rack == 10 and attribute:stack == dev)', true, 'parentheses before not'],
  ['((attribute:rack == 10))', true, 'more parentheses than needed'],
  ['attribute:stack == and or attribute:rack == 10', true, 'a value may be any word'],
  ['attribute:rack == 10 or task:group != database', true, 'what is unknown does not matter here'],
  ['attribute:rack == 11 and task:group != database', false, 'nor here'],
  ['attribute:rack == 10 and task:group != database', 'unknown', 'here it does'],
  ['not task:group != database', 'unknown', 'and its negation is as unknown'],
];

describe('the date of registration', () => {
  it('is settled within its second only where milliseconds make no difference', () => {
    const late = { ...g2Facts, registeredAt: Date.UTC(2018, 1, 12, 23, 59, 59, 300) };

    expect(truthOf('registeredAt >= 2018-02-12T23:59:59', late)).toBe(true);
    expect(truthOf('registeredAt > 2018-02-12T23:59:59', late)).toBe('unknown');
    expect(truthOf('registeredAt == 2018-02-12T23:59:59', late)).toBe('unknown');
    expect(truthOf('registeredAt < 2018-02-13', late)).toBe(true);
    expect(truthOf('registeredAt != 2018-02-13', late)).toBe(true);
  });
});

describe('the cluster query language', () => {
  it.each([...ofTheGuide, ...operators, ...absence, ...patterns, ...subjects, ...compounds])(
    '%s is %s: %s',
    (expression, truth) => {
      expect(truthOf(expression)).toBe(truth);
    },
  );

  it('finds an instance that hosts no task in no group, and says so only where the guide does', () => {
    const empty = factsOf({ ...g2, runningTasksCount: 0 }, new Set());

    expect(truthOf('task:group exists', empty)).toBe(false);
    expect(truthOf('task:group == database', empty)).toBe(false);
    expect(truthOf('not(task:group == database)', empty)).toBe(true);
    expect(truthOf('task:group != database', empty)).toBe('unknown');
  });

  it.each(['attribute:rack == 10', 'not agentVersion < 1.0', 'task:group == database', 'registeredAt > 2018-01-01'])(
    'does not know about an instance of which nothing is known: %s',
    (expression) => {
      const nothing = {
        ...g2Facts,
        attribute: () => ({ kind: 'unknown' as const }),
        agentVersion: undefined,
        registeredAt: undefined,
        taskGroups: undefined,
      };

      expect(truthOf(expression, nothing)).toBe('unknown');
    },
  );

  it('does not know about an agent version it cannot read', () => {
    expect(truthOf('agentVersion > 1.0', { ...g2Facts, agentVersion: '1.89.2-dev' })).toBe('unknown');
  });
});
