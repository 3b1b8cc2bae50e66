/** What the page reads from the server's answers. */
export type Data = Record<string, unknown>;
export type Answer = {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
};
type Listener = (operationName: string | undefined, answer: Answer) => void;

const listeners = new Set<Listener>();

/** Call `listener` with each answer over HTTP. Returns a function that ends this. */
export function onAnswer(listener: Listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** `fetch` for GraphiQL's own requests; the listeners get a copy of each answer. */
export const observedFetch: typeof fetch = async (url, init) => {
  const response = await fetch(url, init);
  const answer = await response.clone().json().catch(() => null);
  const { operationName } = JSON.parse(String(init?.body)) as { operationName?: string };
  if (answer) for (const listener of listeners) listener(operationName, answer);
  return response;
};

/** Send one operation of the page's own. Raises on network errors only. */
export async function send(query: string, variables: Data, authorization?: string): Promise<Answer> {
  const response = await fetch(location.pathname, {
    method: "POST",
    // With the newer media type an error would have a status of its own, and the console a line for it.
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      ...(authorization && { Authorization: authorization }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

export const codesOf = (answer: Answer) => (answer.errors ?? []).map(({ extensions }) => extensions?.code);

/** The access token that `tokenAuth` or `refreshToken` answered. */
export function tokenIn({ data }: Answer): string | undefined {
  const token = valueAt(data, "tokenAuth.token") ?? valueAt(data, "refreshToken.token");
  return typeof token === "string" ? token : undefined;
}

/** The value at a dotted path, as in `doctors.edges.0.node.id`; undefined if there is none. */
export const valueAt = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((at, key) => (at as Data | null | undefined)?.[key], value);

/** Replace the value at a dotted path. Returns false, and changes nothing, if there is none yet. */
export function replaceAt(target: Data, path: string, value: unknown): boolean {
  const [key, parent] = [path.split(".").at(-1)!, path.split(".").slice(0, -1).join(".")];
  const holder = (parent ? valueAt(target, parent) : target) as Data | undefined;
  if (!holder || !(key in holder) || holder[key] === value) return false;
  holder[key] = value;
  return true;
}
