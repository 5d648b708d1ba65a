import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { ItemKey } from './items.ts';

export type Item = Record<string, AttributeValue>;

export const toItem = (value: object): Item => marshall(value, { removeUndefinedValues: true });

interface Update {
  readonly expression: string;
  readonly values: object;
  readonly condition?: string;
  readonly names?: Record<string, string>;
}

/** What must hold of the item as it stands for a write to be done. */
interface Condition {
  readonly expression: string;
  readonly values?: object;
  readonly names?: Record<string, string>;
}

const conditional = ({ expression, values, names }: Partial<Condition>) => ({
  ConditionExpression: expression,
  ExpressionAttributeValues: values && toItem(values),
  ExpressionAttributeNames: names,
});

/** The single-item operations of DynamoDB on one table, in plain values. */
export const dynamoDbTable = (client: DynamoDBClient, name: string) => ({
  client,
  name,

  /** Strongly consistent: what was written before this is in it. */
  async get(key: ItemKey, attributes?: readonly string[]): Promise<unknown> {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: name,
        Key: toItem(key),
        ProjectionExpression: attributes?.join(', '),
        ConsistentRead: true,
      }),
    );
    return Item && unmarshall(Item);
  },

  /** The items of a partition whose sort keys are from `first` to `last`, in order, strongly consistent; page by page. */
  async *query(partition: string, first: string, last: string): AsyncGenerator<readonly Item[]> {
    let from: Item | undefined;
    do {
      const { Items, LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: name,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: toItem({ ':pk': partition, ':first': first, ':last': last }),
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
      );
      yield Items ?? [];
      from = LastEvaluatedKey;
    } while (from !== undefined);
  },

  async put(item: ItemKey, condition: Partial<Condition> = {}): Promise<void> {
    await client.send(new PutItemCommand({ TableName: name, Item: toItem(item), ...conditional(condition) }));
  },

  /** Creates the item where there is none; gives it as it then stands. */
  async update(key: ItemKey, { expression, values, condition, names }: Update): Promise<unknown> {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: name,
        Key: toItem(key),
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: toItem(values),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return unmarshall(Attributes ?? {});
  },

  async delete(key: ItemKey, condition: Partial<Condition> = {}): Promise<void> {
    await client.send(new DeleteItemCommand({ TableName: name, Key: toItem(key), ...conditional(condition) }));
  },
});

export type DynamoDbTable = ReturnType<typeof dynamoDbTable>;

/** Whether a conditional write was done; a condition that does not hold is an answer, not an error. */
export const held = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};
