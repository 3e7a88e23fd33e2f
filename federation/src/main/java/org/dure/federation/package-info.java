/// The belt: how regions train one model together while their text stays at home.
///
/// ```
///  region ko                                   hub                                  region ja
///  ---------                                   ---                                  ---------
///  Workload (text, trainer)                                                         Workload
///     | delta, weight, measures
///  RegionRounds - NodeStore (durable)
///     | ExportPolicy says yes
///     | ExportLog (signed line)
///  HubLink ---- chunks, signed messages ---> HubRoutes > HubService > Hub <-------- HubLink
///     ^                                                             | append, then apply
///     |                                                          RoundStore (events)
///     |                                                             v
///     |                                                          HubState, StudyStage (the table)
///     |                                                             | quorum, grace time
///     |                                                          Merger, OuterStep
///     +------- weights, chunk by chunk ------- published/ <---------+
/// ```
///
/// A round: the hub opens it with weights W. Each region fetches W, works H steps at home, keeps
/// its delta (W minus what it has now) and its trainer's state durably, uploads the chunks that the
/// hub lacks, and sends one signed contribution. When all have, or a quorum has and nobody who is
/// present can be expected within a short window, the hub merges fragment by fragment and logs the
/// digests. What comes later counts in the round that is open then, against the weights that it
/// started from and at a discounted weight; a region that waits or is cut off trains on. `hub.Hub`
/// says how that survives any death; `hub.StudyStage` is the table of what can follow what.
///
/// ## Rooms
/// Each package is a room; its first line says what for. A room uses the rooms below it, never
/// those above; `ArchitectureTest` holds the table of docs/architecture.md.
///
/// ```
/// server    hub, status, log, wire, protocol
/// hub       status, log, wire, protocol, secure
/// status    log, protocol
/// log       protocol
/// region    client, wire, protocol, secure
/// client    wire, protocol
/// wire      protocol
/// protocol  secure
/// secure    none of them
/// ```
@NullMarked
package org.dure.federation;

import org.jspecify.annotations.NullMarked;
