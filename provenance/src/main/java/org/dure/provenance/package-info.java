@NullMarked
package org.dure.provenance;

import org.jspecify.annotations.NullMarked;
