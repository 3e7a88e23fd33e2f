@NullMarked
package org.dure.corpus;

import org.jspecify.annotations.NullMarked;
