/** Who may control: this machine, under a name of this machine, and no web page from elsewhere. */
import type { Exchange } from "../core/exchange.ts";

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Why a request may not control the simulator, or undefined when it may. */
export function objection({ peer, headers }: Exchange): string | undefined {
  if (peer === "process") return undefined;
  if (peer !== "loopback") return "only this machine may control the simulator";
  // A page that rebinds its DNS name comes from loopback, too, but under that name.
  if (!loopback.test(headers.host ?? "")) return "the Host must be this machine's loopback name";
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${headers.host}`)
    return "web pages from elsewhere may not control the simulator";
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return "web pages from elsewhere may not control the simulator";
  return undefined;
}
