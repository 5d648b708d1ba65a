/** What a launch template's user data tells the ECS agent, as far as it can be read without running it. */
export interface AgentSettings {
  /** Custom attributes that it gives its instance; those it computes as it starts are left out. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What the agent keeps back of its instance's memory for others. */
  readonly reservedMemoryMiB: number;
}

/** A variable or a command in shell: its value is not known before it runs. */
const isComputed = (value: string): boolean => /[$`]/.test(value);

const attributesIn = (json: string | undefined): AgentSettings['attributes'] => {
  try {
    const parsed: unknown = JSON.parse(json?.replaceAll('\\"', '"') ?? '{}'); // as it stands inside echo "…"
    const pairs = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
    return Object.fromEntries(
      pairs.flatMap(([name, value]: readonly [string, unknown]) =>
        typeof value === 'string' && !isComputed(name + value) ? [[name, value] as const] : [],
      ),
    );
  } catch {
    return {};
  }
};

/**
 * ECS_INSTANCE_ATTRIBUTES and ECS_RESERVED_MEMORY, from the lines that go into /etc/ecs/ecs.config (ECS developer guide,
 * container agent configuration). What is compressed, in parts that hide it, or of another kind than a shell script tells
 * nothing.
 */
export const agentSettingsIn = (userDataBase64: string | undefined): AgentSettings => {
  const script = Buffer.from(userDataBase64 ?? '', 'base64')
    .toString()
    .replaceAll(/^\s*#.*$/gm, '');
  return {
    attributes: attributesIn(/\bECS_INSTANCE_ATTRIBUTES=["']?(\{[^{}]*\})/.exec(script)?.[1]),
    reservedMemoryMiB: Number(/\bECS_RESERVED_MEMORY=["']?(\d{1,7})\b/.exec(script)?.[1] ?? 0),
  };
};
