/// The hub on the network: one HTTPS port, who may come, how much at once, and the lock before the
/// hub.
@NullMarked
package org.dure.federation.server;

import org.jspecify.annotations.NullMarked;
