import { PASSWORD } from "../live-server.mjs";

/** Return an access token for one of the people of tests/clients/world.py. */
export async function signIn(url, firstName) {
  const query = `mutation SignIn($email: String!, $password: String!) {
    tokenAuth(email: $email, password: $password) { token }
  }`;
  const variables = { email: `${firstName.toLowerCase()}@example.org`, password: PASSWORD };
  const response = await fetch(`${url}/graphql/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()).data.tokenAuth.token;
}
