/// A region's node: rounds at home, what leaves under which rule, what survives a kill.
///
/// ## Files
/// See [NodeStore];
/// `exports.jsonl` has one line an export, `{"entry":{...},"signature"}`, see
/// [ExportLog.Entry] (version 2; version 1, of Dure before 0.6, named no policy: such a log is
/// refused by its first line). An entry of the kind `key` is no export: it is the last that an old
/// key signs, and its `rule` is the old and the new public key in base64, with a space between.
///
/// A policy's budget is of each round of each study; what has no round (`round` 0, but hellos) is
/// one
/// more. Hellos use up none: [HelloPace] says how often there may be one. The log is read from its
/// start only for a round that is not among the newest; memory does not grow with it.
@NullMarked
package org.dure.federation.region;

import org.jspecify.annotations.NullMarked;
