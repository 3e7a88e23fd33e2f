/// Processes that Dure starts and watches.
@NullMarked
package org.dure.app.process;

import org.jspecify.annotations.NullMarked;
