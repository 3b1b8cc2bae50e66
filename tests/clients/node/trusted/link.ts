import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import type { DocumentNode } from "graphql";

/** Send each document as the hash under which codegen has registered it. */
export const trusted = new PersistedQueryLink({
  generateHash: (document) => (document as DocumentNode & { __meta__: { hash: string } }).__meta__.hash,
});
