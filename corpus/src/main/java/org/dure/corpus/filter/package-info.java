/// Judges one document: brings it into its normal form, or says by which rule it is refused.
@NullMarked
package org.dure.corpus.filter;

import org.jspecify.annotations.NullMarked;
