/// Wide-area links for rehearsals on one machine: network namespaces joined by TUN devices whose
/// packets are delayed, paced and lost. Linux only.
@NullMarked
package org.dure.netem;

import org.jspecify.annotations.NullMarked;
