/// Releases from a finished study, and their model cards.
@NullMarked
package org.dure.app.release;

import org.jspecify.annotations.NullMarked;
