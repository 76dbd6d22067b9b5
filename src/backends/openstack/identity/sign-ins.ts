/**
 * The sign-ins to one cloud: cached, renewed before they end, and again when a service refuses the token; one flight
 * at a time for each. A caller's own token is only looked at, never renewed (house, "Tokens").
 */
import { hash, randomBytes } from "node:crypto";
import { type Clock, CloudError, type Credentials, type Secret } from "../../../cloud/index.ts";
import { Cache } from "../cache.ts";
import type { CloudConfig } from "../config/config.ts";
import { budget } from "../deadline.ts";
import type { TokenSource } from "../pipeline/authorise.ts";
import type { Context } from "../pipeline/exchange.ts";
import { abortable } from "../pipeline/fail.ts";
import { configuredAuth, passwordAuth } from "./auth.ts";
import type { SignIn } from "./token.ts";
import type { Tokens } from "./tokens.ts";

/** A caller's token may be revoked meanwhile: what is known of it is asked again after this. */
const VALIDATED_MS = 60_000;
/** The part of a token's life after which it is renewed without being asked. */
const RENEW_AFTER = 0.8;
/** A sign-in serves everybody who waits for it, so that it runs in its own time. */
const BUDGET_MS = 30_000;

export interface Bound extends TokenSource {
  readonly signIn: SignIn;
}

export interface SignIns {
  open(credentials: Credentials, context: Context): Promise<Bound>;
  /** How many are remembered. */
  readonly size: number;
}

export interface SignInOptions {
  readonly config: CloudConfig;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly closing: AbortSignal;
  readonly limit: number;
}

export function openSignIns({ config, tokens, clock, closing, limit }: SignInOptions): SignIns {
  const known = new Cache<SignIn>(clock, limit);
  // No secret is a key in the clear: keys are digests that mean nothing outside of this process.
  const salt = randomBytes(32).toString("base64");
  const digest = (...parts: readonly string[]) => hash("sha256", JSON.stringify([salt, ...parts]), "base64");

  /** Finds or makes; `credentials` other than a token. */
  async function obtain(key: string, issue: (context: Context) => Promise<SignIn>, context: Context): Promise<SignIn> {
    const held = known.get(key);
    if (held !== undefined) return held;
    const flight = known.obtain(key, async () => {
      const signIn = await issue({ ...context, signal: budget(BUDGET_MS, closing) });
      return { value: signIn, until: freshUntil(signIn, clock.now()) };
    });
    return abortable(flight, context.signal);
  }

  async function renewable(
    key: string,
    issue: (context: Context) => Promise<SignIn>,
    context: Context,
  ): Promise<Bound> {
    const signIn = await obtain(key, issue, context);
    return {
      signIn,
      current: async (asker) => (await obtain(key, issue, asker)).token,
      renew: async (refused, asker) => {
        const held = known.get(key);
        // Somebody may have renewed it since this request left with the old one.
        if (held?.token.reveal() === refused.reveal()) known.forget(key);
        return (await obtain(key, issue, asker)).token;
      },
    };
  }

  async function ofToken(token: Secret, context: Context): Promise<Bound> {
    if (!/^[\x21-\x7e]{1,8192}$/.test(token.reveal())) {
      throw new CloudError("UNAUTHENTICATED", "the token has characters that no token has");
    }
    const key = digest("token", token.reveal());
    const held = known.get(key);
    const flight =
      held ??
      known.obtain(key, async () => {
        const signIn = await tokens.validate(token, { ...context, signal: budget(BUDGET_MS, closing) });
        return { value: signIn, until: Math.min(signIn.expiresAt, clock.now() + VALIDATED_MS) };
      });
    const signIn = flight instanceof Promise ? await abortable(flight, context.signal) : flight;
    return {
      signIn,
      current: async () => token,
      renew: async () => {
        // Whatever was found out about it later is as wrong as what this call knows.
        known.forget(key);
        return undefined;
      },
    };
  }

  return {
    get size() {
      return known.size;
    },
    open: async (credentials, context) => {
      switch (credentials.kind) {
        case "configured": {
          const auth = configuredAuth(config);
          return renewable("configured", (asker) => tokens.issue(auth, asker), context);
        }
        case "token":
          return ofToken(credentials.token, context);
        case "application-credential": {
          const { id, secret } = credentials;
          const key = digest("application-credential", id, secret.reveal());
          const auth = { method: "application-credential", credential: { id }, secret } as const;
          return renewable(key, (asker) => tokens.issue(auth, asker), context);
        }
        case "password": {
          const { user, domain, project } = credentials;
          const parts = [domain === undefined ? "" : `@${domain}`, project === undefined ? "" : `/${project}`];
          const key = digest("password", user, credentials.password.reveal(), ...parts);
          const { auth, otherwise } = passwordAuth(credentials, config);
          return renewable(key, (asker) => tokens.issue(auth, asker, otherwise), context);
        }
      }
    },
  };
}

function freshUntil(signIn: SignIn, now: number): number {
  // By the cloud's own times for the length, and by this clock for the moment: the two clocks may differ.
  return now + Math.max(0, signIn.expiresAt - signIn.issuedAt) * RENEW_AFTER;
}
