@NullMarked
package org.dure.bench;

import org.jspecify.annotations.NullMarked;
