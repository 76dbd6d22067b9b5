import type { Marker } from "./marker.ts";
import type { Clock, Ids, Log } from "./runtime.ts";

/** What a write of several steps needs beside the cloud. */
export interface Flow {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

export function newMarker(flow: Flow): Marker {
  return { value: flow.ids.uuid(), since: new Date(flow.clock.now()) };
}
