import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { parseTaskMessage } from '../../lib/events/task-message.ts';
import { requestFrom } from '../../lib/flows/by-hand/request.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';

const text = readFileSync('docs/capacity.md', 'utf8');
const found = (pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, it = '']) => it);

describe('docs/capacity.md', () => {
  it.each(found(/--data '(.*?)'/g))('asks by hand for what there is: %s', (data) => {
    expect(requestFrom(JSON.parse(data))).toMatchObject({ cluster: expect.any(String) });
  });

  it.each(found(/--message-body '(.*?)'/g))('sends a message that is understood: %s', (body) => {
    expect(parseTaskMessage(body)).toMatchObject({ kind: 'task', family: 'nightly-report' });
  });

  it.each(found(/```yaml\n(.*?)```/gs))('has settings that hold: %s', (yaml) => {
    expect(parseSettings(parse(yaml))).toMatchObject({ ok: true });
  });

  it('has an example of each', () => {
    expect(found(/"action":"(\w+)"/g)).toEqual(
      expect.arrayContaining(['requestCapacity', 'listCapacity', 'extendCapacity', 'endCapacity', 'plan']),
    );
    expect(found(/--message-body '(.*?)'/g)).toHaveLength(1);
  });
});
