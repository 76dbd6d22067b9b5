import { randomInt, randomUUID } from "node:crypto";
import { eventually } from "../../support/eventually.ts";
import type { Native } from "../../support/native.ts";

/** How one row is tried through its door. */
export interface Try {
  readonly attempt: (trial: Trial) => Promise<Reply>;
  /** Looks at what came of it, natively where that is possible; only where the row is said to work. */
  readonly effect?: (trial: Trial, reply: Reply) => void | Promise<void>;
  /** The error, where the reason alone does not tell it. */
  readonly refusedAs?: string;
  /** Whether the answer has what the row is about. */
  readonly isPresent?: (reply: Reply) => boolean;
}

export interface Reply {
  readonly status: number;
  readonly warning: string | null;
  readonly text: string;
}

/** Who tries: the caller, and a member of the same project who makes what the caller may not. */
export interface Cast {
  readonly caller: Native;
  readonly maker: Native;
  readonly admin: Native;
  readonly http: string;
  readonly occi: string;
  readonly imageId: string;
  readonly flavourId: string;
}

export interface Stage {
  readonly networkId: string;
  readonly subnetId: string;
  readonly serverId: string;
}

const ACTIONS: Readonly<Record<string, readonly [wish: object, from: string]>> = {
  SHUTOFF: [{ "os-stop": null }, "ACTIVE"],
  PAUSED: [{ pause: null }, "ACTIVE"],
  SUSPENDED: [{ suspend: null }, "ACTIVE"],
};
const BACK: Readonly<Record<string, object>> = {
  SHUTOFF: { "os-start": null },
  PAUSED: { unpause: null },
  SUSPENDED: { resume: null },
};

/** One caller on one cloud: calls through the doors, things to try them on, and what is to be cleaned up. */
export class Trial {
  readonly cast: Cast;
  /** Everything that is made here is named so. */
  readonly prefix = `cap-${randomUUID().slice(0, 8)}`;
  readonly #memory = new Map<string, Promise<unknown>>();
  readonly #ofRow: (() => Promise<void>)[] = [];
  readonly #ofAll: (() => Promise<void>)[] = [];
  /** Makers under way of what all rows share. */
  #sharing = 0;

  constructor(cast: Cast) {
    this.cast = cast;
  }

  name(): string {
    return `${this.prefix}-${randomUUID().slice(0, 6)}`;
  }

  /** The same for everybody who asks. */
  once<Value>(what: string, make: () => Promise<Value>): Promise<Value> {
    const known = this.#memory.get(what) as Promise<Value> | undefined;
    if (known !== undefined) return known;
    this.#sharing += 1;
    const made = make().finally(() => {
      this.#sharing -= 1;
    });
    this.#memory.set(what, made);
    return made;
  }

  /** Cleans up after the row, or after all rows what they share. */
  later(clean: () => Promise<void>): void {
    (this.#sharing > 0 ? this.#ofAll : this.#ofRow).push(clean);
  }

  async endRow(): Promise<void> {
    for (const clean of this.#ofRow.splice(0).reverse()) await clean();
  }

  async end(): Promise<void> {
    await this.endRow();
    for (const clean of this.#ofAll.splice(0).reverse()) await clean();
  }

  rest(method: string, path: string, body?: object, as: Native = this.cast.caller): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return send(`${this.cast.http}${path}`, method, as, "application/json", text);
  }

  occi(method: string, path: string, lines?: readonly string[], as: Native = this.cast.caller): Promise<Reply> {
    return send(`${this.cast.occi}${path}`, method, as, "text/plain", lines?.join("\r\n"));
  }

  /** OpenStack's own word, as the maker; rejects unless it is a success. */
  async native(service: string, method: string, path: string, body?: unknown, as = this.cast.maker): Promise<Json> {
    const reply = await as.call(service, method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** Deletes without a complaint about what is gone, or what a reader could not have made. */
  async drop(service: string, path: string, as = this.cast.maker): Promise<void> {
    const reply = await as.call(service, "DELETE", path);
    if (reply.status >= 300 && reply.status !== 404 && reply.status !== 403)
      throw new Error(`DELETE ${path}: ${reply.status}`);
  }

  /** A network, a subnet and a server that are there for all rows. */
  stage(): Promise<Stage> {
    return this.once("stage", async () => {
      const networkId = await this.made("network", "/networks", "network", { name: this.name() });
      await this.native("network", "PUT", `/networks/${networkId}/tags/seen`);
      const cidr = `10.${randomInt(100, 200)}.${randomInt(255)}.0/24`;
      const subnetId = await this.made("network", "/subnets", "subnet", {
        name: this.name(),
        network_id: networkId,
        ip_version: 4,
        cidr,
      });
      return { networkId, subnetId, serverId: await this.server() };
    });
  }

  /** Makes something natively, to be deleted at the end. */
  async made(service: string, path: string, member: string, body: Json, as = this.cast.maker): Promise<string> {
    const answer = await this.native(service, "POST", path, { [member]: body }, as);
    const { id } = answer[member] as { readonly id: string };
    this.later(() => this.drop(service, `${path}/${id}`, as));
    return id;
  }

  /** A server without a network, running, that goes at the end. */
  async server(): Promise<string> {
    const { imageId, flavourId } = this.cast;
    const answer = await this.cast.maker.call("compute", "POST", "/servers", {
      server: { name: this.name(), imageRef: imageId, flavorRef: flavourId, networks: [{ port: await this.port() }] },
    });
    const { id } = answer.body.server as { readonly id: string };
    this.later(() => this.removeServer(id));
    await this.until(id, "ACTIVE");
    return id;
  }

  /** A port on the network that is there for all, or on the first one. */
  async port(): Promise<string> {
    const networkId = await this.once("port network", async () => {
      const id = await this.made("network", "/networks", "network", { name: this.name() });
      const cidr = `10.${randomInt(200, 250)}.${randomInt(255)}.0/24`;
      await this.made("network", "/subnets", "subnet", { name: this.name(), network_id: id, ip_version: 4, cidr });
      return id;
    });
    return this.made("network", "/ports", "port", { name: this.name(), network_id: networkId });
  }

  async removeServer(id: string): Promise<void> {
    await this.rest("DELETE", `/vivnfm/v5/compute/${id}`, undefined, this.cast.maker);
    await eventually(
      async () => (await this.cast.maker.call("compute", "GET", `/servers/${id}`)).status,
      (status) => status === 404,
    );
  }

  async show(id: string): Promise<Json> {
    return (await this.native("compute", "GET", `/servers/${id}`)).server as Json;
  }

  async until(id: string, status: string): Promise<void> {
    await eventually(
      async () => {
        const server = await this.show(id);
        return [server.status, server["OS-EXT-STS:task_state"]];
      },
      ([now, task]) => now === status && (task === null || task === undefined),
    );
  }

  /** Brings the server into a state, from whichever it is in. */
  async bring(id: string, wanted: string): Promise<void> {
    const act = (body: object) => this.native("compute", "POST", `/servers/${id}/action`, body);
    const { status } = await this.show(id);
    if (status === wanted) return this.until(id, wanted);
    const back = BACK[String(status)];
    if (back !== undefined) {
      await act(back);
      await this.until(id, "ACTIVE");
    }
    const there = ACTIONS[wanted];
    if (there === undefined) return;
    await act(there[0]);
    await this.until(id, wanted);
  }

  /** What is there under our names: nothing of a refused call may be. */
  async leftUnder(name: string): Promise<readonly string[]> {
    const [servers, networks] = await Promise.all([
      this.native("compute", "GET", "/servers"),
      this.native("network", "GET", `/networks?name=${name}`),
    ]);
    const named = [...(servers.servers as Json[]), ...(networks.networks as Json[])];
    return named.filter((one) => one.name === name).map((one) => String(one.id));
  }
}

export type Json = Record<string, unknown>;

async function send(
  url: string,
  method: string,
  as: Native,
  contentType: string,
  body: string | undefined,
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: { "x-auth-token": as.token, "content-type": contentType, accept: contentType },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, warning: response.headers.get("warning"), text: await response.text() };
}

export function json(reply: Reply): Json {
  return JSON.parse(reply.text) as Json;
}

/** A member of a JSON answer, however deep. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}
