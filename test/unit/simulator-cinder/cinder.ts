/** What the tests of the simulated Cinder share: a short way to ask it, on the simulator's rig. */
import { type Ask, at, type Reply, type Rig } from "../simulator/rig.ts";

export interface Cinder {
  /** Asks below `/volume/v3`, at the newest microversion unless another is named. */
  ask(path: string, options?: Ask & { readonly version?: string }): Promise<Reply>;
  post(path: string, body: unknown, version?: string): Promise<Reply>;
  /** Makes a volume that is available; its id. */
  volume(draft?: Readonly<Record<string, unknown>>): Promise<string>;
  act(id: string, action: Readonly<Record<string, unknown>>, version?: string): Promise<Reply>;
  show(id: string): Promise<unknown>;
  status(id: string): Promise<unknown>;
}

export function cinder(rig: Rig, token: string): Cinder {
  const ask: Cinder["ask"] = (path, { version = "3.70", headers = {}, ...options } = {}) =>
    rig.ask(token, `/volume/v3${path}`, {
      ...options,
      headers: { ...(version === "" ? {} : { "openstack-api-version": `volume ${version}` }), ...headers },
    });
  const post: Cinder["post"] = (path, body, version = "3.70") => ask(path, { method: "POST", body, version });
  const show: Cinder["show"] = async (id) => at((await ask(`/volumes/${id}`)).json, "volume");
  return {
    ask,
    post,
    show,
    status: async (id) => at(await show(id), "status"),
    act: (id, action, version) => post(`/volumes/${id}/action`, action, version),
    async volume(draft = {}) {
      const { status, json, text } = await post("/volumes", { volume: { size: 1, ...draft } });
      if (status !== 202) throw new Error(`create was answered with ${status}: ${text}`);
      return String(at(json, "volume", "id"));
    },
  };
}

/** The sentence of an error. */
export function message({ json }: Reply): unknown {
  for (const kind of ["badRequest", "itemNotFound", "forbidden", "conflictingRequest", "overLimit", "computeFault"]) {
    const said = at(json, kind, "message");
    if (said !== undefined) return said;
  }
  return undefined;
}
