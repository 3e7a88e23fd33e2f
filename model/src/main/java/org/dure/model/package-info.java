@NullMarked
package org.dure.model;

import org.jspecify.annotations.NullMarked;
