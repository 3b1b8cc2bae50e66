import { ApolloClient, ApolloLink, CombinedGraphQLErrors, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { from, switchMap } from "rxjs";
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

// The server closes a WebSocket with code 4403 when its token expires; graphql-ws connects again.
let expiredToken = "";
const socket = createClient({
  url: `${location.origin.replace("http", "ws")}/graphql/`,
  retryAttempts: Infinity,
  shouldRetry: () => session() !== null,
  connectionParams: async () => {
    if (expiredToken) await refreshOnce(expiredToken, exchangeToken);
    return authorization();
  },
  on: {
    closed: (event) => void (expiredToken = (event as CloseEvent).code === 4403 ? (session()?.token ?? "") : ""),
    // Updates sent while the socket was closed are lost: fetch again.
    connected: (_socket, _payload, isRetry) => void (isRetry && client.refetchQueries({ include: "active" })),
  },
});

const isSubscription = ({ operationType }: ApolloLink.Operation) => operationType === OperationTypeNode.SUBSCRIPTION;

export const client = new ApolloClient({
  link: ApolloLink.from([refreshExpired, authorize, ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http)]),
  cache: new InMemoryCache({
    possibleTypes: fragments.possibleTypes,
    typePolicies: { Query: { fields: { doctors: relayStylePagination(["filters", "ordering"]) } } },
  }),
});

/** End the session in this browser and on the server. */
export async function signOut() {
  const { refreshToken } = session()!;
  storeSession(null);
  await client.mutate({ mutation: Revoke, variables: { refreshToken } });
}

/** Remove all cached data, so that the next user of this browser cannot see it. */
export async function clearClient() {
  socket.terminate();
  await client.clearStore();
}

const Revoke = graphql(`mutation Revoke($refreshToken: String!) {
  revokeToken(refreshToken: $refreshToken) { revoked }
}`);
