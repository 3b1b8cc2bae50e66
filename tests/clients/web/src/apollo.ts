import { ApolloClient, ApolloLink, CombinedGraphQLErrors, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { RetryLink } from "@apollo/client/link/retry";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { from, switchMap, tap } from "rxjs";
import { isReachable, isUnreachable, nextAttempt } from "./connection";
import { graphql } from "./gql";
import fragments from "./gql/possible-types";
import { refreshOnce, session, storeSession } from "./session";

const RefreshToken = graphql(`mutation RefreshToken($refreshToken: String!) {
  refreshToken(refreshToken: $refreshToken) { token refreshToken }
}`);

async function exchangeToken(refreshToken: string) {
  const { data, error } = await client.mutate({ mutation: RefreshToken, variables: { refreshToken }, errorPolicy: "all" });
  // A GraphQL error ends the session; a network error does not.
  if (error && !CombinedGraphQLErrors.is(error)) throw error;
  return data?.refreshToken ?? null;
}

const authorization = () => ({ Authorization: `JWT ${session()?.token ?? ""}` });

const authorize = new SetContextLink(({ headers }) => ({
  headers: session() ? { ...headers, ...authorization() } : headers,
  sentToken: session()?.token,
}));

/** Exchange a token that is no longer accepted and send the operation again. Sign out if that fails. */
const refreshExpired = new ErrorLink(({ error, operation, forward }) => {
  if (!CombinedGraphQLErrors.is(error) || operation.operationName === "RefreshToken") return;
  const codes = error.errors.map(({ extensions }) => extensions?.["code"]);
  // TOKEN_INVALID too: after a change of the server's keys, the refresh token still works.
  if (codes.includes("TOKEN_EXPIRED") || codes.includes("TOKEN_INVALID")) {
    const refreshed = refreshOnce(operation.getContext()["sentToken"], exchangeToken);
    return from(refreshed).pipe(switchMap(() => forward(operation)));
  }
  if (codes.includes("UNAUTHENTICATED")) storeSession(null);
  return;
});

const http = new UploadHttpLink({
  uri: "/graphql/",
  // The server requires this header for uploads, because a form of any website can send multipart requests.
  headers: { "Apollo-Require-Preflight": "true" },
});

// How often a booking is sent again by itself, which takes half a minute. Then the user decides.
const BOOKING_ATTEMPTS = 6;
let signOuts = 0;

/** Return how often an operation is sent at most. Only what changes nothing, or has a key, can be sent twice. */
function attemptsOf({ operationType, operationName, variables }: ApolloLink.Operation) {
  // For 30 seconds, a refresh token that is used again returns the same next pair.
  if (operationType === OperationTypeNode.QUERY || operationName === "RefreshToken") return Infinity;
  return variables["input"]?.idempotencyKey ? BOOKING_ATTEMPTS : 1;
}

/** Send an operation that got no answer again. */
const retry = new RetryLink({
  delay: () => 0,
  attempts: async (attempt, operation, error) => {
    if (!isUnreachable(error)) return false;
    isReachable(false);
    if (attempt >= attemptsOf(operation)) {
      // Nothing else sends requests on some pages. The retries of this one find out when the server is back.
      void client.query({ query: Today, fetchPolicy: "network-only" }).catch(() => {});
      return false;
    }
    const before = signOuts;
    await nextAttempt(attempt);
    // Otherwise the next user of this browser would book what the last one asked for.
    return signOuts === before;
  },
});
const Today = graphql(`query Today { clinic { today } }`);

const recordAnswer = new ApolloLink((operation, forward) => forward(operation).pipe(tap(() => void isReachable(true))));

// The server closes a WebSocket with code 4403 when its token expires; graphql-ws connects again.
let expiredToken = "";
let pongTimer: ReturnType<typeof setTimeout> | undefined;
let openSocket: WebSocket | undefined;
const refetch = () => void client.refetchQueries({ include: "active" });
const socket = createClient({
  url: `${location.origin.replace("http", "ws")}/graphql/`,
  retryAttempts: Infinity,
  retryWait: nextAttempt,
  shouldRetry: () => session() !== null,
  connectionParams: async () => {
    if (expiredToken) await refreshOnce(expiredToken, exchangeToken);
    return authorization();
  },
  // A connection that was cut silently, such as in a tunnel, is noticed by the missing response to a ping.
  keepAlive: 10_000,
  on: {
    opened: (opened) => void (openSocket = opened as WebSocket),
    ping: (received) => void (received || (pongTimer = setTimeout(() => openSocket?.close(4408, "No pong"), 5_000))),
    pong: (received) => void (received && clearTimeout(pongTimer)),
    closed: (event) => {
      const { code } = event as CloseEvent;
      clearTimeout(pongTimer);
      expiredToken = code === 4403 ? (session()?.token ?? "") : "";
      // While there are no live updates, each attempt to connect also fetches what the page shows.
      if (code !== 4403 && code !== 1000 && session()) refetch();
    },
    // Updates sent while the socket was closed are lost: fetch again.
    connected: (_socket, _payload, isRetry) => void (isRetry && refetch()),
  },
});
addEventListener("online", refetch);

const isSubscription = ({ operationType }: ApolloLink.Operation) => operationType === OperationTypeNode.SUBSCRIPTION;

export const client = new ApolloClient({
  link: ApolloLink.from([
    retry,
    refreshExpired,
    authorize,
    ApolloLink.split(isSubscription, new GraphQLWsLink(socket), ApolloLink.from([recordAnswer, http])),
  ]),
  cache: new InMemoryCache({
    possibleTypes: fragments.possibleTypes,
    typePolicies: {
      // There is one clinic, without an id: its fields from different queries belong to one object.
      Clinic: { keyFields: [] },
      Query: { fields: { doctors: relayStylePagination(["filters", "ordering"]) } },
    },
  }),
});

/** End the session in this browser and on the server. */
export async function signOut() {
  const { refreshToken } = session()!;
  storeSession(null);
  // Without an answer the session stays open on the server until its refresh token expires.
  await client.mutate({ mutation: Revoke, variables: { refreshToken } }).catch(() => {});
}

/** Remove all cached data, so that the next user of this browser cannot see it. */
export async function clearClient() {
  signOuts++;
  socket.terminate();
  await client.clearStore();
}

const Revoke = graphql(`mutation Revoke($refreshToken: String!) {
  revokeToken(refreshToken: $refreshToken) { revoked }
}`);
