@NullMarked
package org.dure.tokenizer;

import org.jspecify.annotations.NullMarked;
