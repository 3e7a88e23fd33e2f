/// What joining is worth: many small institutions, in the circles that a table names, beside each
/// one alone.
@NullMarked
package org.dure.bench.gain;

import org.jspecify.annotations.NullMarked;
