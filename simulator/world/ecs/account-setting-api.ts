import type { Api, JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { flag, requiredText, text } from '../json.ts';
import { ecsPage, invalid } from './lookup.ts';
import type { AccountSetting, EcsState } from './state.ts';

const code = 'InvalidParameterException';

/** Settings that are on or off, and what they are unless told otherwise. (ECS API, PutAccountSetting.) */
const defaults: Readonly<Record<string, string>> = {
  awsvpcTrunking: 'disabled',
  containerInsights: 'disabled',
  containerInstanceLongArnFormat: 'enabled',
  serviceLongArnFormat: 'enabled',
  taskLongArnFormat: 'enabled',
  fargateFIPSMode: 'disabled',
  tagResourceAuthorization: 'on',
};

const values: ReadonlySet<string> = new Set(['enabled', 'disabled', 'enhanced', 'on', 'off']);
const on: ReadonlySet<string> = new Set(['enabled', 'on', 'enhanced']);

/** Whether the setting was on at that time: what is launched then keeps it. */
export const wasOn = (state: EcsState, name: string, at: number): boolean => {
  const known = state.accountSettings.get(name)?.findLast((it) => it.since <= at);
  return on.has(known?.value ?? defaults[name] ?? 'disabled');
};

const settingJson = (name: string, setting: Pick<AccountSetting, 'value' | 'principalArn'>): JsonObject => ({
  name,
  value: setting.value,
  principalArn: setting.principalArn,
  type: 'user',
});

/**
 * Account settings. The world's account has one principal, so the default for all and the setting of one are the same
 * thing here.
 */
export const accountSettingApi = (ground: Ground, state: EcsState): Api => {
  const root = `arn:aws:iam::${ground.accountId}:root`;

  const knownName = (input: JsonObject): string => {
    const name = requiredText(input, 'name', code);
    if (!Object.hasOwn(defaults, name)) throw invalid(`The setting name ${name} is invalid or not modelled.`);
    return name;
  };

  const put = (input: JsonObject, principalArn: string): JsonObject => {
    const name = knownName(input);
    const value = requiredText(input, 'value', code);
    if (!values.has(value)) throw invalid(`The value ${value} of the setting ${name} is invalid.`);
    const setting: AccountSetting = { value, since: ground.now(), principalArn };
    state.accountSettings.set(name, [...(state.accountSettings.get(name) ?? []), setting]);
    return { setting: settingJson(name, setting) };
  };

  return {
    PutAccountSetting: (input) => put(input, text(input, 'principalArn') ?? root),
    PutAccountSettingDefault: (input) => put(input, root),
    ListAccountSettings: (input) => {
      const names = text(input, 'name') === undefined ? Object.keys(defaults) : [knownName(input)];
      const settings = names.flatMap((name) => {
        const known = state.accountSettings.get(name)?.at(-1);
        if (known !== undefined) return [settingJson(name, known)];
        const isEffective = flag(input, 'effectiveSettings') === true;
        return isEffective ? [settingJson(name, { value: defaults[name] ?? 'disabled', principalArn: root })] : [];
      });
      const wanted = text(input, 'value');
      const matching = settings.filter((it) => wanted === undefined || it['value'] === wanted);
      const { items, nextToken } = ecsPage(matching, input, 10, 10);
      return { settings: items, nextToken };
    },
  };
};
