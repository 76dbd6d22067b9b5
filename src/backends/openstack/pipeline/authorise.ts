/** Puts the token on a request; a token that turns out to have expired is renewed, once. */
import type { Secret } from "../../../cloud/index.ts";
import type { Context, Exchange, Step } from "./exchange.ts";

/** Where the token of a call comes from. */
export interface TokenSource {
  /** A token that is good as far as anybody knows. */
  current(context: Context): Promise<Secret>;
  /** A token newer than the one that was refused; nothing when it cannot be renewed. */
  renew(refused: Secret, context: Context): Promise<Secret | undefined>;
}

export function authorising(source: TokenSource): Step {
  return (next) => async (exchange) => {
    const token = await source.current(exchange.context);
    const answer = await next(withToken(exchange, token));
    // Data that are on their way cannot be called back.
    if (answer.status !== 401 || exchange.operation.data !== undefined) return answer;
    const renewed = await source.renew(token, exchange.context);
    return renewed === undefined ? answer : next(withToken(exchange, renewed));
  };
}

function withToken(exchange: Exchange, token: Secret): Exchange {
  return { ...exchange, headers: { ...exchange.headers, "x-auth-token": token.reveal() } };
}
