/// A region's node: rounds at home, what leaves under which rule, what survives a kill.
///
/// ## Files
/// See [NodeStore];
/// `exports.jsonl` has one line an export, `{"entry":{...},"signature"}`, see
/// [ExportLog.Entry]. An entry of the kind `key` is no export: it is the last that an old key
/// signs, and its `rule` is the old and the new public key in base64, with a space between.
@NullMarked
package org.dure.federation.region;

import org.jspecify.annotations.NullMarked;
