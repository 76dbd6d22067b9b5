/** The two requests to Keystone that signing in is made of. */
import { CloudError, Secret } from "../../../cloud/index.ts";
import type { CloudConfig, ConfiguredAuth } from "../config/config.ts";
import { addressBelow, endpointAt } from "../endpoint.ts";
import { type JsonObject, parseObject } from "../json.ts";
import { type Context, hrefOf, type Operation, type Send } from "../pipeline/exchange.ts";
import { decodeToken, encodeAuth, isScoped, type SignIn } from "./token.ts";

const PATH = ["auth", "tokens"];

export interface Tokens {
  /** A fresh token; with `otherwise`, the project to ask for when the user has no default one. */
  issue(auth: ConfiguredAuth, context: Context, otherwise?: ConfiguredAuth): Promise<SignIn>;
  /** What a caller's own token stands for. */
  validate(token: Secret, context: Context): Promise<SignIn>;
}

export function openTokens(config: CloudConfig, send: Send): Tokens {
  const base = endpointAt("identity", config.authUrl);
  const url = addressBelow(base, PATH);

  async function ask(auth: ConfiguredAuth, context: Context): Promise<{ body: JsonObject; token: Secret }> {
    const operation: Operation = {
      service: "identity",
      name: "tokens.issue",
      method: "POST",
      path: PATH,
      body: encodeAuth(auth),
      isRepeatable: true,
    };
    const answer = await send({ operation, context, url, headers: {} }).catch(explain);
    const token = answer.headers["x-subject-token"];
    if (token === undefined) throw new CloudError("UPSTREAM_FAILED", "identity: the answer holds no token");
    return { body: parseObject(answer.text, "the token"), token: new Secret(token) };
  }

  /** Keystone answers 404 with its own body for an application credential that it does not know. */
  function explain(thrown: unknown): never {
    if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
    const { upstream } = thrown;
    const isKeystone = upstream?.body?.trimStart().startsWith('{"error"') ?? false;
    const [reason, message] = isKeystone
      ? (["UNAUTHENTICATED", "identity: the credentials are not accepted"] as const)
      : (["UPSTREAM_FAILED", `identity: there is no Keystone at ${hrefOf(base)}`] as const);
    throw new CloudError(reason, message, { ...(upstream === undefined ? {} : { upstream }), cause: thrown });
  }

  return {
    issue: async (auth, context, otherwise) => {
      const issued = await ask(auth, context);
      if (otherwise === undefined || isScoped(issued.body)) return decodeToken(issued.body, issued.token);
      const scoped = await ask(otherwise, context);
      return decodeToken(scoped.body, scoped.token);
    },
    validate: async (token, context) => {
      const operation: Operation = { service: "identity", name: "tokens.validate", method: "GET", path: PATH };
      const headers = { "x-auth-token": token.reveal(), "x-subject-token": token.reveal() };
      try {
        const answer = await send({ operation, context, url, headers });
        return decodeToken(parseObject(answer.text, "the token"), token);
      } catch (thrown) {
        // Keystone answers 404 for a subject that it does not know, and 403 for one that may not ask about itself.
        if (!CloudError.is(thrown, "NOT_FOUND", "FORBIDDEN", "INVALID_VALUE")) throw thrown;
        throw new CloudError("UNAUTHENTICATED", "identity: the token is not accepted", { cause: thrown });
      }
    },
  };
}
