/** Reading and changing the JSON in the Variables and Headers editors. */
import { parse } from "jsonc-parser";
import type { Data } from "./answers";

/** The object that an editor's text stands for; an empty one if the text is none. */
export function readObject(text: string | null | undefined): Data {
  const value: unknown = parse(text ?? "", [], { allowTrailingComma: true });
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

export const writeObject = (value: Data) => JSON.stringify(value, null, 2);

const nameOf = (headers: Data) => Object.keys(headers).find((name) => name.toLowerCase() === "authorization");

/** The Authorization header in a text of headers; "" without a token. */
export function authorizationIn(text: string | null | undefined): string {
  const headers = readObject(text);
  const value = String(headers[nameOf(headers) ?? ""] ?? "").trim();
  return /^\S+\s+\S/.test(value) ? value : "";
}

/** The text of headers with another token, or with none. */
export function withToken(text: string | null | undefined, token: string | null): string {
  const headers = readObject(text);
  delete headers[nameOf(headers) ?? ""];
  return writeObject(token ? { ...headers, Authorization: `JWT ${token}` } : headers);
}
