/// The durable log of a study: its events, and the stores that keep them.
///
/// ## The log (version 3)
/// SQLite, `rounds.sqlite`: `event(number, bytes)` holds one line of compact JSON an event,
/// `{"number","time","previous","kind","body"}`; [Event] lists kinds and bodies (version 2 added
/// Enrolled, Revoked, Membership, SetBack, and `started` of a merge's parts; version 3 `norm` of a
/// merge and the `judgement` of its parts, and in Prepared `parts` and `leftOut`; since there are
/// circles and families, Merged, Undone and Prepared go by those and are read in both forms; a log
/// of version 2 is refused). `previous` is the SHA-256 of the line before, so the lines are a
/// chain. `note(name, value)` holds counts that are
/// no part of the state; a killed hub may lose those of its last quarter of a second. The same
/// lines are the `events.jsonl` of a `Ledger`.
///
/// With `dure hub --store jdbc:postgresql://...` the same two tables lie in PostgreSQL, beside
/// `holder(epoch)`, which says who may write, and `schema_version(number)`; see
/// [PostgresRoundStore].
@NullMarked
package org.dure.federation.log;

import org.jspecify.annotations.NullMarked;
