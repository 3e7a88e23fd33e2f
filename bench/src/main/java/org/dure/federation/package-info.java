/// Benchmarks of what is package-private in the belt.
@NullMarked
package org.dure.federation;

import org.jspecify.annotations.NullMarked;
