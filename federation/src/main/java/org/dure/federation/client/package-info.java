/// A region's way to its hub: connections, proxies, enrolment.
@NullMarked
package org.dure.federation.client;

import org.jspecify.annotations.NullMarked;
