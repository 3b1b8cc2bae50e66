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
import { keep, renewOnce, session } from "./session";

const Renew = graphql(`mutation Renew($refreshToken: String!) {
  refreshToken(refreshToken: $refreshToken) { token refreshToken }
}`);

async function exchange(refreshToken: string) {
  const { data, error } = await client.mutate({ mutation: Renew, variables: { refreshToken }, errorPolicy: "all" });
  // Refused, the sign-in is over; cut off, it is not.
  if (error && !CombinedGraphQLErrors.is(error)) throw error;
  return data?.refreshToken ?? null;
}

const authorization = () => ({ Authorization: `JWT ${session()?.token ?? ""}` });

const authorize = new SetContextLink(({ headers }) => ({
  headers: session() ? { ...headers, ...authorization() } : headers,
  sentToken: session()?.token,
}));

/** An expired token is renewed unseen and the operation sent again; any other bad one signs out. */
const renewing = new ErrorLink(({ error, operation, forward }) => {
  if (!CombinedGraphQLErrors.is(error) || operation.operationName === "Renew") return;
  const codes = error.errors.map(({ extensions }) => extensions?.["code"]);
  if (codes.includes("TOKEN_EXPIRED")) {
    const renewal = renewOnce(operation.getContext()["sentToken"], exchange);
    return from(renewal).pipe(switchMap(() => forward(operation)));
  }
  if (codes.includes("TOKEN_INVALID") || codes.includes("UNAUTHENTICATED")) keep(null);
  return;
});

const http = new UploadHttpLink({
  uri: "/graphql/",
  // Without it the server refuses uploads, as any site's form could send them.
  headers: { "Apollo-Require-Preflight": "true" },
});

// The server closes a socket whose token has ended with 4403; graphql-ws connects again.
let refused = "";
const socket = createClient({
  url: `${location.origin.replace("http", "ws")}/graphql/`,
  retryAttempts: Infinity,
  shouldRetry: () => session() !== null,
  connectionParams: async () => {
    if (refused) await renewOnce(refused, exchange);
    return authorization();
  },
  on: {
    closed: (event) => void (refused = (event as CloseEvent).code === 4403 ? (session()?.token ?? "") : ""),
    // Whatever happened meanwhile was missed.
    connected: (_socket, _payload, again) => void (again && client.refetchQueries({ include: "active" })),
  },
});

const isLive = ({ operationType }: ApolloLink.Operation) => operationType === OperationTypeNode.SUBSCRIPTION;

export const client = new ApolloClient({
  link: ApolloLink.from([renewing, authorize, ApolloLink.split(isLive, new GraphQLWsLink(socket), http)]),
  cache: new InMemoryCache({
    typePolicies: { Query: { fields: { doctors: relayStylePagination(["filters", "ordering"]) } } },
  }),
});

/** Sign out, here and at the server. */
export async function signOut() {
  const { refreshToken } = session()!;
  keep(null);
  await client.mutate({ mutation: Revoke, variables: { refreshToken } });
}

/** What one person has seen is not for the next at this browser. */
export async function forgetEverything() {
  socket.terminate();
  await client.clearStore();
}

const Revoke = graphql(`mutation Revoke($refreshToken: String!) {
  revokeToken(refreshToken: $refreshToken) { revoked }
}`);
