@NullMarked
package org.dure.serving;

import org.jspecify.annotations.NullMarked;
