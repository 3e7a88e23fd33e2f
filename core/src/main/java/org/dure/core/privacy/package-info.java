/// What no text may let slip: personal identifiers, and how common a chunk of text must be before
/// its count may leave.
@NullMarked
package org.dure.core.privacy;

import org.jspecify.annotations.NullMarked;
