@NullMarked
package org.dure.evaluation;

import org.jspecify.annotations.NullMarked;
