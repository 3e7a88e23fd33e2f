@NullMarked
package org.dure.app;

import org.jspecify.annotations.NullMarked;
