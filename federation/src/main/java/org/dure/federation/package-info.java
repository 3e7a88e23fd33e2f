@NullMarked
package org.dure.federation;

import org.jspecify.annotations.NullMarked;
