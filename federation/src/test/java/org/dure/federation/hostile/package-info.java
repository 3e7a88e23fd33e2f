/// Studies with hostile regions: what they send, real training to send it into, and what comes of
/// it. Driven by tests and by `bench/run hostile-merges`.
@NullMarked
package org.dure.federation.hostile;

import org.jspecify.annotations.NullMarked;
