/// From logits to text: sampling, probabilities, characters, stops.
@NullMarked
package org.dure.serving.text;

import org.jspecify.annotations.NullMarked;
